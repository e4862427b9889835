/**
 * The tracks of a recording that is encrypted end to end, as players, pictures and downloads read any tracks.
 *
 * Clusters are decrypted in a worker before anybody sees them. Owns the worker; close it.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import {
  type TrackShape,
  writeCues,
  writeHeader,
} from "../../../../rooms/contract/recording/webm.ts";
import type { Manifest, TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import {
  type Clusters,
  type RecordingApi,
  RecordingProblem,
  type TrackSource,
} from "../recording/api.ts";
import type { RecordingKeys } from "../../../encryption/recording_keys.ts";
import type { DecryptAnswer, DecryptQuestion } from "./worker_protocol.ts";

/** Keys of new epochs are asked for at most so often. */
const REFRESH_EVERY_MS = 5000;
const DOWNLOAD_STRETCH_MS = 10_000;

export class DecryptedTracks implements TrackSource {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #pending = new Map<number, (answer: DecryptAnswer) => void>();
  #asked = 0;
  #refreshedAt = -Infinity;
  readonly #misplaced = signal(false);

  constructor(
    private readonly api: RecordingApi,
    private readonly keys: RecordingKeys,
    private readonly manifest: () => Manifest,
  ) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<DecryptAnswer>) => {
      this.#pending.get(data.id)?.(data);
      this.#pending.delete(data.id);
    });
    this.#giveSecrets();
  }

  /** Something stood where another moment was, and was left out. */
  get misplaced(): ReadonlySignal<boolean> {
    return this.#misplaced;
  }

  trackHeader(trackId: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return this.api.trackHeader(trackId, signal);
  }

  async clusters(
    trackId: string,
    stretch: { fromMs: number; toMs: number; on: boolean },
    signal?: AbortSignal,
  ): Promise<Clusters | null> {
    const clusters = await this.api.clusters(trackId, stretch, signal);
    if (clusters === null) return null;
    const { bytes } = await this.#decrypt(this.#track(trackId), clusters.bytes);
    if (bytes === null) throw new RecordingProblem("unreachable");
    return { ...clusters, bytes };
  }

  /** The whole file, its frames decrypted; nothing but the stretch that is worked on is held in memory. */
  async trackFile(
    trackId: string,
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const track = this.#track(trackId);
    const parts: Blob[] = [];
    const points: { atMs: number; offset: number }[] = [];
    let clustersBytes = 0;
    let durationMs = 0;
    let read = 0;
    const endMs = track.startMs + track.durationMs;
    let fromMs = track.startMs;
    for (let on = false; fromMs <= endMs; on = true) {
      const stretch = { fromMs, toMs: fromMs + DOWNLOAD_STRETCH_MS, on };
      const clusters = await this.api.clusters(trackId, stretch, signal);
      if (clusters === null) break;
      onProgress(read += clusters.bytes.length);
      const { bytes, index, lastMs } = await this.#decrypt(track, clusters.bytes);
      if (bytes === null) throw new RecordingProblem("unreachable");
      parts.push(new Blob([bytes]));
      let offset = clustersBytes;
      for (const cluster of index) {
        if (cluster.keyFrame) points.push({ atMs: cluster.atMs, offset });
        offset += cluster.bytes;
      }
      clustersBytes = offset;
      durationMs = Math.max(durationMs, lastMs);
      fromMs = clusters.toMs > fromMs ? clusters.toMs : stretch.toMs;
    }
    const shape = shapeOf(track);
    const cues = writeCues(writeHeader(shape).length, points);
    const header = writeHeader(shape, { durationMs, clustersBytes, cuesBytes: cues.length });
    return new Blob([header, ...parts, cues], { type: "video/webm" });
  }

  close(): void {
    this.#worker.terminate();
  }

  async #decrypt(track: TrackManifest, bytes: Uint8Array<ArrayBuffer>): Promise<DecryptAnswer> {
    const { participantId, source, trackId, startMs } = track;
    const from = { origin: { participantId, source }, trackId, startMs };
    // Kept: what lacks a key is tried again.
    const answer = await this.#ask({ type: "clusters", bytes, from });
    if (answer.misplaced) this.#misplaced.value = true;
    if (!answer.missing || !this.manifest().live) return answer;
    if (performance.now() - this.#refreshedAt < REFRESH_EVERY_MS) return answer;
    this.#refreshedAt = performance.now();
    await this.keys.refresh();
    this.#giveSecrets();
    return await this.#ask({ type: "clusters", bytes, from });
  }

  #ask(question: Omit<DecryptQuestion & { type: "clusters" }, "id">): Promise<DecryptAnswer> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#pending.set(id, resolve);
      this.#tell({ ...question, id });
    });
  }

  #giveSecrets(): void {
    this.#tell({ type: "secrets", secrets: this.keys.secrets.map(({ bytes }) => bytes) });
  }

  #tell(question: DecryptQuestion): void {
    this.#worker.postMessage(question);
  }

  #track(trackId: string): TrackManifest {
    const track = this.manifest().tracks.find((candidate) => candidate.trackId === trackId);
    if (track === undefined) throw new RecordingProblem("gone");
    return track;
  }
}

function shapeOf({ kind, width, height }: TrackManifest): TrackShape {
  return kind === "audio"
    ? { kind, codec: "opus" }
    : { kind, codec: "vp8", width: width ?? 640, height: height ?? 480 };
}
