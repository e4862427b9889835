/**
 * The recording's HTTP routes (recorder/FORMAT.md), asked with the right that this page has.
 *
 * Everything is read by GET with the token in a header. Every failure is a {@linkcode RecordingProblem}.
 */
import { z } from "zod";
import { type LogEntry, readEntries } from "../../../../rooms/contract/recording/log_entries.ts";
import {
  FORMAT_VERSION,
  type Manifest,
  manifestSchema,
} from "../../../../rooms/contract/recording/manifest.ts";
import { keyEnvelopeSchema } from "../../../../rooms/contract/protocol/messages.ts";
import type { RecordingAddress } from "./access.ts";
import { withSteadyPictures } from "./steady_pictures.ts";

/** `refused`: nothing that this page has opens it. `gone`: it isn't there (any more). */
export type RecordingProblemCode = "refused" | "gone" | "newer" | "unreachable";

export class RecordingProblem extends Error {
  override readonly name = "RecordingProblem";
  constructor(readonly code: RecordingProblemCode, options?: ErrorOptions) {
    super(`the recording is ${code}`, options);
  }
}

/** Whole clusters of a track, and the stretch of the timeline that they cover. */
export interface Clusters {
  bytes: Uint8Array<ArrayBuffer>;
  fromMs: number;
  toMs: number;
}

/**
 * Where the bytes of tracks come from, for everything that plays, draws or saves them. Frames that have to be made
 * readable first are so behind this: what comes out of it is WebM as recorder/FORMAT.md describes it.
 */
export type TrackSource = Pick<RecordingApi, "trackHeader" | "clusters" | "trackFile">;

const keysSchema = z.object({
  encryption: z.enum(["e2ee", "transport"]),
  envelopes: z.array(keyEnvelopeSchema),
});

const headerMs = (response: Response, name: string, otherwise: number) => {
  const value = Number(response.headers.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? value : otherwise;
};

export class RecordingApi {
  private constructor(readonly recordingId: string, readonly token: string) {}

  /** The api of a page that may open the recording, by the first of its tokens that does. */
  static async open(
    { recordingId, tokens }: RecordingAddress,
  ): Promise<{ api: RecordingApi; manifest: Manifest }> {
    let problem = new RecordingProblem("refused");
    for (const token of tokens) {
      const api = new RecordingApi(recordingId, token);
      try {
        return { api, manifest: await api.manifest() };
      } catch (error) {
        if (!(error instanceof RecordingProblem) || error.code === "newer") throw error;
        if (error.code === "unreachable") throw error;
        if (problem.code !== "gone") problem = error;
      }
    }
    throw problem;
  }

  /** For a worker, which gets the right handed on. */
  static handedOn(recordingId: string, token: string): RecordingApi {
    return new RecordingApi(recordingId, token);
  }

  async manifest(): Promise<Manifest> {
    const response = await this.#get("");
    const read = manifestSchema.safeParse(await response.json().catch(() => null));
    if (!read.success) throw new RecordingProblem("unreachable", { cause: read.error });
    if (read.data.version > FORMAT_VERSION) throw new RecordingProblem("newer");
    return withSteadyPictures(read.data);
  }

  /** The wrapped keys of an encrypted recording. */
  async keys(): Promise<z.output<typeof keysSchema>> {
    const response = await this.#get("/keys");
    const read = keysSchema.safeParse(await response.json().catch(() => null));
    if (!read.success) throw new RecordingProblem("unreachable", { cause: read.error });
    return read.data;
  }

  segment(index: number, signal?: AbortSignal): Promise<LogEntry[]> {
    return this.#entries(`/segments/${index}`, signal);
  }

  /** Both ends included. */
  log(fromMs: number, toMs: number, signal?: AbortSignal): Promise<LogEntry[]> {
    return this.#entries(`/log?from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`, signal);
  }

  trackHeader(trackId: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes(`/tracks/${encodeURIComponent(trackId)}/header`, signal);
  }

  /**
   * Clusters of this stretch, or the beginning of them. With `on`, the first need not be one that can be begun with.
   * Null when there is nothing from `fromMs` on.
   */
  async clusters(
    trackId: string,
    stretch: { fromMs: number; toMs: number; on: boolean },
    signal?: AbortSignal,
  ): Promise<Clusters | null> {
    const from = Math.max(0, Math.floor(stretch.fromMs));
    const to = Math.ceil(stretch.toMs);
    const query = `from=${from}&to=${to}${stretch.on ? "&on=1" : ""}`;
    const response = await this.#get(
      `/tracks/${encodeURIComponent(trackId)}/clusters?${query}`,
      signal,
    );
    if (response.status === 204) return null;
    const bytes = new Uint8Array(await this.#read(response));
    return {
      bytes,
      fromMs: headerMs(response, "lectern-from-ms", from),
      toMs: headerMs(response, "lectern-to-ms", to),
    };
  }

  /** The whole file of a track; `onProgress` is told how many bytes have come. */
  async trackFile(
    trackId: string,
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const response = await this.#get(`/tracks/${encodeURIComponent(trackId)}.webm`, signal);
    let bytes = 0;
    const counted = response.body?.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(chunk, controller) {
          onProgress(bytes += chunk.length);
          controller.enqueue(chunk);
        },
      }),
    );
    const blob = await new Response(counted ?? null).blob();
    return new Blob([blob], { type: "video/webm" });
  }

  async delete(): Promise<void> {
    await this.#get("", undefined, "DELETE");
  }

  async #entries(path: string, signal?: AbortSignal): Promise<LogEntry[]> {
    const entries = readEntries(await this.#bytes(path, signal));
    if (entries === undefined) throw new RecordingProblem("unreachable");
    return entries;
  }

  async #bytes(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.#read(await this.#get(path, signal)));
  }

  async #read(response: Response): Promise<ArrayBuffer> {
    try {
      return await response.arrayBuffer();
    } catch (error) {
      throw new RecordingProblem("unreachable", { cause: error });
    }
  }

  async #get(path: string, signal?: AbortSignal, method = "GET"): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`/api/recordings/${encodeURIComponent(this.recordingId)}${path}`, {
        method,
        headers: { authorization: `Bearer ${this.token}` },
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      throw new RecordingProblem("unreachable", { cause: error });
    }
    if (response.ok) return response;
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403) throw new RecordingProblem("refused");
    if (response.status === 404 || response.status === 410) throw new RecordingProblem("gone");
    throw new RecordingProblem("unreachable");
  }
}
