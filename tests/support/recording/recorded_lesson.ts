/** A recorded lesson for tests: a real node with rooms, media and recorder, and people with real media. */
import { openStorage, type Storage } from "../../../db/storage.ts";
import { type Manifest, manifestSchema } from "../../../rooms/contract/recording/manifest.ts";
import { Recorder } from "../../../recorder/io/recorder.ts";
import type { RecorderStart } from "../../../recorder/io/calls.ts";
import { Quarantine, reportsTo } from "../../../rooms/quarantine.ts";
import { Attempts } from "../../../server/attempts.ts";
import { recordingRoutes } from "../../../server/http/meeting/recordings.ts";
import type { MediaEngine } from "../../../server/sfu/media_engine.ts";
import { type LocalMediaOptions, startLocalMedia } from "../../../server/sfu/io/local.ts";
import { startMediaPool } from "../../../server/sfu/io/media_pool.ts";
import type { Rooms } from "../../../server/socket/ports.ts";
import { createRooms } from "../../../server/socket/rooms.ts";
import { QUIET } from "../quiet_logger.ts";
import { type HelloOptions, TestClient } from "../room/client.ts";
import { type PictureSize, TestPeer } from "../media/media_peer.ts";

const ADDRESS = "127.0.0.1";

export interface NodeOptions {
  folder: string;
  media?: Partial<LocalMediaOptions>;
  /** Instead of one that carries media. */
  engine?: MediaEngine;
  /** Media in processes of its own, so many, instead of in this one. */
  mediaProcesses?: number;
  recorder?: Partial<RecorderStart>;
  /** What runs in the recorder's thread. */
  recorderModule?: URL;
  /** The rooms' time of day; their monotonic clock passes with it. */
  now?: () => number;
}

/** A booked lesson and everybody's way in. */
export interface BookedLesson {
  meetingId: string;
  tutor: HelloOptions & { invite: string };
  student: HelloOptions & { invite: string };
  guest: HelloOptions;
}

export class RecordingNode implements AsyncDisposable {
  readonly logged: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  storage!: Storage;
  recorder!: Recorder;
  engine!: MediaEngine;
  /** The ids of the media processes, where there are any. */
  mediaPids: () => number[] = () => [];
  rooms!: Rooms;
  /** When media was last handed to the recorder, Unix ms. */
  handedAt = 0;
  #server!: Deno.HttpServer<Deno.NetAddr>;

  private constructor(private readonly options: NodeOptions) {}

  static async start(options: NodeOptions): Promise<RecordingNode> {
    const node = new RecordingNode(options);
    await node.#start();
    return node;
  }

  async #start(): Promise<void> {
    const { folder, engine, media, mediaProcesses, recorder, recorderModule, now = Date.now } =
      this.options;
    const database = {
      kind: "file",
      path: `${folder}/lectern.db`,
      synchronous: "normal",
    } as const;
    const log = (level: string) => (message: string, fields: Record<string, unknown> = {}) => {
      this.logged.push({ level, message, fields });
    };
    const logger = {
      debug: log("debug"),
      info: log("info"),
      warn: log("warn"),
      error: log("error"),
    };
    this.storage = await openStorage({
      location: database,
      joinEarlyMs: 15 * 60_000,
      endGraceMs: 15 * 60_000,
    });
    this.recorder = await Recorder.start(
      { database, freeBytes: 0, dataDir: folder, objects: null, ...recorder },
      logger,
      recorderModule,
    );
    const place = {
      address: ADDRESS,
      port: 0,
      onRecorded: (batch: Uint8Array<ArrayBuffer>) => {
        this.handedAt = Date.now();
        this.recorder.receive(batch);
      },
    };
    if (engine !== undefined) this.engine = engine;
    else if (mediaProcesses === undefined) {
      this.engine = await startLocalMedia({ ...place, ...media });
    } else {
      const pool = await startMediaPool({ ...place, logger, processes: mediaProcesses });
      this.engine = pool;
      this.mediaPids = () => pool.processes.map(({ pid }) => pid);
    }
    // Media has the times of this process's own clock, which the rooms' has to begin with.
    const aheadMs = Date.now() - performance.now();
    this.rooms = createRooms({
      store: this.storage.meetings,
      log: this.storage.log,
      clientIds: this.storage.clientIds,
      engine: this.engine,
      attempts: new Attempts(),
      now,
      clock: this.options.now === undefined ? () => performance.now() : () => now() - aheadMs,
      quarantine: new Quarantine(reportsTo(logger)),
      logger,
      recorder: this.recorder,
    });
    await this.recorder.recover(Date.now());
    await this.rooms.resume(await this.storage.meetings.active());
    this.#server = Deno.serve(
      { hostname: ADDRESS, port: 0, onListen: () => {} },
      (request, info) =>
        this.rooms.upgrade(request, { address: info.remoteAddr.hostname, connection: null }),
    );
  }

  get url(): string {
    return `ws://${ADDRESS}:${this.#server.addr.port}/socket`;
  }

  async book(isRecorded = true): Promise<BookedLesson> {
    const { meeting, invites } = await this.storage.meetings.create({
      title: "Fractions",
      tutor: { id: "t1", name: "Tara" },
      students: [{ id: "s1", name: "Sam" }],
      scheduledStart: null,
      scheduledEnd: null,
      bookingId: null,
      timeZone: null,
      isRecorded,
      encryption: "transport",
      policy: { waitingRoom: false },
    });
    const { meetingId, passcode } = meeting;
    const invite = (role: string) => invites.find((person) => person.role === role)?.token ?? "";
    return {
      meetingId,
      tutor: { meetingId, invite: invite("tutor") },
      student: { meetingId, invite: invite("student") },
      guest: { meetingId, passcode, name: "Gil" },
    };
  }

  async join(options: HelloOptions): Promise<TestClient> {
    return await new TestClient(this.url).join(options);
  }

  /** Asks `/api/recordings` with a token. */
  async get(path: string, token: string, init: RequestInit = {}): Promise<Response> {
    const { meetings, keyEnvelopes } = this.storage;
    const { library } = this.recorder;
    const routes = recordingRoutes({
      meetings,
      keyEnvelopes,
      library,
      now: Date.now,
      logger: QUIET,
    });
    routes.onError((error) => {
      if ("toResponse" in error) return (error as { toResponse(): Response }).toResponse();
      throw error;
    });
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return await routes.request(path, { ...init, headers }, { remoteAddress: ADDRESS });
  }

  async manifest(recordingId: string, token: string): Promise<Manifest> {
    const response = await this.get(`/${recordingId}`, token);
    return manifestSchema.parse(await response.json());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rooms.drain();
    await this.#server.shutdown();
    await this.engine.close();
    await this.recorder.close();
    await this.storage.close();
  }
}

/** What somebody in the room publishes. */
export interface Publishing {
  peer: TestPeer;
  /** Size of the camera's video; it may be changed. */
  size: PictureSize;
  audio: string;
  video: string;
  /** Shows the screen; answers how to stop. */
  share(): Promise<() => Promise<void>>;
}

/** Gives somebody who is in the room a microphone and a camera. */
export async function publish(
  client: TestClient,
  engine: Pick<MediaEngine, "routerRtpCapabilities">,
): Promise<Publishing> {
  let sharing = false;
  const throughRoom = {
    routerRtpCapabilities: engine.routerRtpCapabilities,
    createTransport: (_: string, direction: "send" | "recv") =>
      client.request("media.createTransport", { direction }),
    connectTransport: async (transportId: string, dtlsParameters: never) => {
      await client.request("media.connectTransport", { transportId, dtlsParameters });
    },
    produce: (
      transportId: string,
      { kind, rtpParameters }: { kind: "audio" | "video"; rtpParameters: never },
    ) =>
      client.request("media.produce", {
        transportId,
        kind,
        source: sharing ? "screen" : kind,
        rtpParameters,
        on: true,
      }),
  };
  const peer = new TestPeer(throughRoom as unknown as MediaEngine, "");
  await peer.load();
  const audio = await peer.publishTone();
  const size = { width: 320, height: 240 };
  const video = await peer.publishPicture(size);
  const share = async () => {
    sharing = true;
    const producerId = await peer.publishPicture();
    sharing = false;
    return async () => void await client.request("media.closeProducer", { producerId });
  };
  return { peer, size, audio, video, share };
}

/** What ffprobe finds in a file, every frame decoded. */
export interface Probed {
  codec: string;
  frames: number;
  durationMs: number;
  /** What ffmpeg says while it decodes; empty when all is well. */
  complaints: string;
  /** Sizes of the video frames, each once, in the order in which they come. */
  sizes: string[];
}

export async function probe(file: Uint8Array): Promise<Probed> {
  const path = await Deno.makeTempFile({ suffix: ".webm" });
  try {
    await Deno.writeFile(path, file);
    const shown = JSON.parse(
      await run("ffprobe", [
        ...["-v", "error", "-count_frames", "-of", "json"],
        "-show_entries",
        "stream=codec_name,nb_read_frames:format=duration:frame=width,height",
        path,
      ]),
    );
    const frames = shown.frames as { width?: number; height?: number }[];
    const sizes = frames.flatMap(({ width, height }) => width ? [`${width},${height}`] : []);
    return {
      codec: shown.streams[0].codec_name,
      frames: Number(shown.streams[0].nb_read_frames),
      durationMs: Math.round(Number(shown.format.duration) * 1000),
      sizes: [...new Set(sizes)],
      complaints: complaintsIn(
        await run("ffmpeg", [
          ...["-v", "warning", "-i", path],
          // Otherwise ffmpeg counts in frames of a steady rate, and complains of two that are closer.
          ...["-enc_time_base", "-1", "-f", "null", "-"],
        ], "stderr"),
      ),
    };
  } finally {
    await Deno.remove(path);
  }
}

/**
 * Frames that a busy sender brought a ms apart are one too many for a steady output: that is of the output's making,
 * not the file's.
 */
function complaintsIn(said: string): string {
  return said.split("\n").filter((line) => !/increasing dts to muxer/.test(line)).join("\n").trim();
}

async function run(
  command: string,
  args: string[],
  from: "stdout" | "stderr" = "stdout",
): Promise<string> {
  const output = await new Deno.Command(command, { args, stdout: "piped", stderr: "piped" })
    .output();
  return new TextDecoder().decode(output[from]);
}
