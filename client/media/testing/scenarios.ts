/**
 * What engine_test.ts runs, each in a process of its own: `deno run -A scenarios.ts NAME`.
 *
 * @roamhq/wrtc brings its process down when Deno takes the module apart at an ordinary end; `Deno.exit` doesn't.
 */
import { computed, effect, signal } from "@preact/signals";
import { expect } from "@std/expect";
import type { Participant } from "../../connection/live_room.ts";
import { DeviceMemory, TestPage, when } from "../../connection/testing/page.ts";
import { TestDevices, TestEar, TestEye } from "./devices.ts";
import { openMedia, type RoomMedia } from "../engine.ts";
import type { HelloOptions } from "../../../tests/support/room/client.ts";
import { type LessonOptions, RoomServer } from "../../../tests/support/room/room_server.ts";
import type { MediaEngine, MediaEvent } from "../../../server/sfu/media_engine.ts";
import type { DatagramSocket } from "../../../server/sfu/ports.ts";
import { startLocalMedia } from "../../../server/sfu/io/local.ts";

/** Somebody in the room with a tone and a moving picture. */
class Somebody implements Disposable {
  readonly page: TestPage;
  readonly devices = new TestDevices();
  readonly ear = new TestEar();
  readonly media: RoomMedia;

  constructor(server: RoomServer, { meetingId, passcode = "", invite = "" }: HelloOptions) {
    this.page = new TestPage({ meetingId, passcode, invite }, {
      url: () => server.url,
      memory: new DeviceMemory(),
    });
    this.media = openMedia({
      connection: this.page.connection,
      devices: this.devices,
      loudspeaker: this.ear,
      handlerName: "Chrome111",
    });
  }

  /** Resolves with the other person, once the document says so. */
  async other(holds: (other: Participant) => boolean): Promise<Participant> {
    const find = (people: readonly Participant[]) =>
      people.find((person) => !person.me && holds(person));
    const people = await when(
      this.page.connection.participants,
      (people) => find(people) !== undefined,
    );
    return find(people) ?? fail("nobody");
  }

  /** Resolves with the other's video. */
  async sees(): Promise<MediaStreamTrack> {
    const streams = await when(this.media.streams, (streams) => videoIn(streams) !== undefined);
    return videoIn(streams) ?? fail("no video");
  }

  /** Resolves once the other's video moves. A reconnection may replace the track meanwhile: the newest one counts. */
  async seesMovement(): Promise<void> {
    const video = computed(() => videoIn(this.media.streams.value));
    const frames = signal(0);
    const stop = effect(() => {
      const track = video.value;
      frames.value = 0;
      if (track === undefined) return;
      const eye = new TestEye(track);
      const stopCounting = eye.frames.subscribe((count) => frames.value = count);
      return () => {
        stopCounting();
        eye[Symbol.dispose]();
      };
    });
    try {
      await when(frames, (frames) => frames > 5);
    } finally {
      stop();
    }
  }

  async hears(): Promise<void> {
    await when(this.ear.loudness, (loudness) => loudness > 0.1);
  }

  [Symbol.dispose](): void {
    this.media.close();
    this.devices.close();
    this.page[Symbol.dispose]();
  }
}

function fail(what: string): never {
  throw new Error(what);
}

const videoIn = (streams: RoomMedia["streams"]["value"]) =>
  [...streams.values()].find(({ video }) => video !== undefined)?.video;

/**
 * A media process that can die and be replaced, as the real one's parent does it, and whose network can fall silent
 * until somebody restarts ICE.
 */
class MortalEngine {
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #current!: MediaEngine;
  #silent = false;
  /** How often somebody restarted ICE. */
  iceRestarts = 0;

  static async start(): Promise<{ engine: MediaEngine; mortal: MortalEngine }> {
    const mortal = new MortalEngine();
    await mortal.#open();
    const engine = new Proxy({} as MediaEngine, {
      get: (_target, key: keyof MediaEngine) => {
        if (key === "restartIce") mortal.#speak();
        if (key !== "createRouter") return mortal.#current[key];
        return (onEvent: (event: MediaEvent) => void) => {
          mortal.#listeners.add(onEvent);
          return mortal.#current.createRouter(onEvent);
        };
      },
    });
    return { engine, mortal };
  }

  async replace(): Promise<void> {
    await this.#current.close();
    await this.#open();
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const onEvent of listeners) onEvent({ type: "lost" });
  }

  fallSilent(): void {
    this.#silent = true;
  }

  #speak(): void {
    this.#silent = false;
    this.iceRestarts++;
  }

  async #open(): Promise<void> {
    this.#current = await startLocalMedia({
      address: "127.0.0.1",
      port: 0,
      wrapSocket: (socket) => this.#silenceable(socket),
    });
  }

  #silenceable(socket: DatagramSocket): DatagramSocket {
    const receive: DatagramSocket["receive"] = (maxWaitMs, onDatagram) =>
      socket.receive(maxWaitMs, (...datagram) => {
        if (!this.#silent) onDatagram(...datagram);
      });
    const commit: DatagramSocket["commit"] = (length, to) => {
      if (!this.#silent) socket.commit(length, to);
    };
    return new Proxy(socket, {
      get: (target, key) => {
        if (key === "receive") return receive;
        if (key === "commit") return commit;
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current.close();
  }
}

/** A lesson with both people in it, who see and hear each other. */
async function lessonOfTwo(
  run: (
    parts: { tara: Somebody; sam: Somebody; server: RoomServer; mortal: MortalEngine },
  ) => Promise<void>,
  options: LessonOptions = {},
): Promise<void> {
  const { engine, mortal } = await MortalEngine.start();
  await using _media = mortal;
  await using server = await RoomServer.start({ engine });
  const lesson = await server.book(options);
  using tara = new Somebody(server, lesson.tutor);
  using sam = new Somebody(server, lesson.student);
  await Promise.all([tara.devices.start(), sam.devices.start()]);
  await Promise.all([tara.seesMovement(), sam.seesMovement(), tara.hears(), sam.hears()]);
  await run({ tara, sam, server, mortal });
}

/** By name: what has to hold. Resolves when it does. */
const SCENARIOS: Record<string, () => Promise<void>> = {
  seen: () =>
    lessonOfTwo(async ({ tara, sam }) => {
      expect(tara.media.state.value).toBe("connected");
      const { id } = await tara.other(({ audio, video }) => audio.on && video.on);
      expect(id).toBe(sam.page.connection.welcome.value?.participantId);
      const speakers = await when(tara.media.speakers, (speakers) => speakers.length > 0);
      expect(speakers[0]?.level).toBeGreaterThan(-60);
      const quality = await when(tara.media.quality, (quality) => quality.has(id));
      expect(quality.get(id)).toBeGreaterThan(0);
    }),

  muted: () =>
    lessonOfTwo(async ({ tara, sam }) => {
      const before = await tara.other(() => true);
      await sam.media.setMicrophone(false);
      await tara.other(({ audio }) => !audio.on);
      await when(tara.ear.loudness, (loudness) => loudness < 0.01);
      await sam.media.setMicrophone(true);
      const after = await tara.other(({ audio }) => audio.on);
      expect(after.audio.producerId).toBe(before.audio.producerId);
      await tara.hears();
    }),

  camera: () =>
    lessonOfTwo(async ({ tara, sam }) => {
      await sam.media.setCamera(false);
      expect(sam.devices.camera.value.track).toBe(null);
      await when(tara.media.streams, (streams) => videoIn(streams) === undefined);
      await sam.media.setCamera(true);
      await tara.seesMovement();
    }),

  stopped: () =>
    lessonOfTwo(async ({ tara, sam }) => {
      const { id } = await tara.other(() => true);
      await tara.page.connection.request("participant.stopMedia", {
        participantId: id,
        source: "audio",
      });
      await when(sam.devices.microphone, ({ on }) => !on);
      await expect(sam.media.setMicrophone(true)).rejects.toMatchObject({ code: "forbidden" });
      expect(sam.devices.microphone.value.on).toBe(false);
      await tara.page.connection.request("participant.askMedia", {
        participantId: id,
        source: "audio",
      });
      await sam.media.setMicrophone(true);
      await tara.hears();
    }, { policy: { selfUnmute: false } }),

  replaced: () =>
    lessonOfTwo(async ({ tara, sam, mortal }) => {
      const before = await tara.sees();
      await mortal.replace();
      await when(tara.media.streams, (streams) => videoIn(streams) !== before);
      await Promise.all([tara.seesMovement(), sam.seesMovement()]);
    }),

  repaired: () =>
    lessonOfTwo(async ({ tara, sam, mortal }) => {
      const before = await tara.sees();
      mortal.fallSilent();
      // Whoever notices first ends the silence for both.
      await Promise.race(
        [tara, sam].map(({ media }) => when(media.state, (state) => state === "connecting")),
      );
      await Promise.all(
        [tara, sam].map(({ media }) => when(media.state, (state) => state === "connected")),
      );
      await Promise.all([tara.seesMovement(), sam.seesMovement()]);
      expect(await tara.sees()).toBe(before);
      expect(mortal.iceRestarts).toBeGreaterThan(0);
    }),

  restarted: () =>
    lessonOfTwo(async ({ tara, sam, server }) => {
      const before = await tara.sees();
      await server.restart();
      await when(tara.media.streams, (streams) => videoIn(streams) !== before);
      await Promise.all([tara.seesMovement(), sam.seesMovement()]);
      expect(tara.page.connection.link.value).toBe("online");
    }),
};

const scenario = SCENARIOS[Deno.args[0] ?? ""];
if (scenario === undefined) fail(`Scenarios: ${Object.keys(SCENARIOS).join(", ")}`);
await scenario();
Deno.exit(0);
