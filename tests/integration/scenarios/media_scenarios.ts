/**
 * What two real WebRTC peers live through with the media engine; run by media_test.ts, one process a scenario.
 *
 * A process of its own, because @roamhq/wrtc crashes when a runtime that had media tracks is torn down;
 * `Deno.exit` doesn't tear down.
 */
import { expect } from "@std/expect";
import type { MediaEngine, MediaEvent } from "../../../server/sfu/media_engine.ts";
import { type LocalMediaOptions, startLocalMedia } from "../../../server/sfu/io/local.ts";
import { startMediaPool } from "../../../server/sfu/io/media_pool.ts";
import { startMediaProcess } from "../../../server/sfu/io/media_parent.ts";
import { Relay } from "../../support/browser/relay.ts";
import { lossySocket } from "../../support/room/lossy_socket.ts";
import { type Received, TestPeer } from "../../support/media/media_peer.ts";
import { QUIET } from "../../support/quiet_logger.ts";
import { findTurnServer, TurnServer } from "../../support/media/turn_server.ts";
import { until } from "../../support/until.ts";

const ADDRESS = "127.0.0.1";

interface Stage {
  engine: MediaEngine;
  ada: TestPeer;
  bob: TestPeer;
  events: MediaEvent[];
}

async function stage(engine: MediaEngine): Promise<Stage> {
  const events: MediaEvent[] = [];
  const routerId = await engine.createRouter((event) => events.push(event));
  const ada = new TestPeer(engine, routerId);
  const bob = new TestPeer(engine, routerId);
  await Promise.all([ada.load(), bob.load()]);
  return { engine, ada, bob, events };
}

async function localStage(options: Partial<LocalMediaOptions> = {}): Promise<Stage> {
  return await stage(await startLocalMedia({ address: ADDRESS, port: 0, ...options }));
}

/** Only where something must not happen meanwhile; what must happen is waited for. */
/** What Bob hears of Ada. */
async function hearing({ ada, bob }: Stage): Promise<Received> {
  return await bob.consume(await ada.publishTone());
}

async function forAWhile(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export const SCENARIOS: Record<string, () => Promise<void>> = {
  "two peers publish sound and picture through the media process, and receive both": async () => {
    const log = (message: string, fields?: Record<string, unknown>) => {
      throw new Error(`unexpected: ${message} ${JSON.stringify(fields)}`);
    };
    const logger = { ...QUIET, warn: log, error: log };
    const { engine, ada, bob, events } = await stage(
      await startMediaProcess({ address: ADDRESS, port: 0, logger }),
    );
    const adaTone = await ada.publishTone();
    const bobTone = await bob.publishTone();
    const received = [
      await bob.consume(adaTone),
      await bob.consume(await ada.publishPicture()),
      await ada.consume(bobTone),
      await ada.consume(await bob.publishPicture()),
    ];
    await until(
      () =>
        received.every(({ kind, frames, loudness }) =>
          kind === "audio" ? loudness > 0.1 : frames > 25
        ),
      { what: "sound and picture on both sides" },
    );
    expect(received[1]!.width).toBe(320);
    await until(
      () =>
        events.some((event) =>
          event.type === "speakers" &&
          event.speakers.some(({ producerId }) => producerId === adaTone)
        ),
      { what: "ada is a speaker" },
    );
    const counters = await engine.counters();
    expect(counters).toMatchObject({
      dtlsHandshakes: 4,
      dtlsFailures: 0,
      rtpRejected: 0,
      rtcpRejected: 0,
    });
    await engine.close();
  },

  "a paused producer's packets end at the server, and resuming brings sound and picture back":
    async () => {
      const { engine, ada, bob } = await localStage();
      const tone = await ada.publishTone();
      const picture = await ada.publishPicture();
      const heard = await bob.consume(tone);
      const seen = await bob.consume(picture);
      await until(() => seen.frames > 10 && heard.loudness > 0.1, { what: "sound and picture" });

      await engine.setProducerPaused(tone, true);
      await engine.setProducerPaused(picture, true);
      const atPause = await engine.counters();
      const received = async () => (await engine.counters())["rtpReceived"]!;
      await until(async () => await received() > atPause["rtpReceived"]! + 40, {
        what: "both go on sending",
      });
      expect((await engine.counters())["rtpForwarded"]).toBe(atPause["rtpForwarded"]);
      await until(() => heard.loudness < 0.01, { what: "silence" });
      const framesInPause = seen.frames;

      await engine.setProducerPaused(tone, false);
      await engine.setProducerPaused(picture, false);
      await until(() => seen.frames > framesInPause + 10 && heard.loudness > 0.1, {
        what: "sound and picture after the pause",
      });
      for (const kind of ["audio", "video"] as const) {
        await until(async () => (await bob.inbound(kind))["packetsReceived"]! > 20, {
          what: `packets of ${kind}`,
        });
        expect((await bob.inbound(kind))["packetsLost"]).toBe(0);
      }
      await engine.close();
    },

  "a consumer paused by its receiver gets nothing until it resumes": async () => {
    const { engine, ada, bob } = await localStage();
    const seen = await bob.consume(await ada.publishPicture());
    await until(() => seen.frames > 5, { what: "picture" });
    await engine.setConsumerPaused(seen.consumerId, true);
    const { rtpForwarded } = await engine.counters();
    await forAWhile(400);
    expect((await engine.counters())["rtpForwarded"]).toBe(rtpForwarded);
    const { frames } = seen;
    await engine.setConsumerPaused(seen.consumerId, false);
    await until(() => seen.frames > frames + 5, { what: "picture again" });
    await engine.close();
  },

  "5% of the packets lost on both ways are repaired without a key frame for each": async () => {
    const seed = Number(Deno.env.get("SEED") ?? 20261122);
    const { engine, ada, bob } = await localStage({
      wrapSocket: (socket) => lossySocket(socket, { seed, loss: 0.05 }),
    });
    const seen = await bob.consume(await ada.publishPicture());
    await until(() => seen.frames > 150, { what: `150 frames with seed ${seed}`, limitMs: 90_000 });
    const counters = await engine.counters();
    const video = await bob.inbound("video");
    expect(counters["nacksSent"]).toBeGreaterThan(0);
    expect(counters["rtpRetransmitted"]).toBeGreaterThan(0);
    expect(video["nackCount"]).toBeGreaterThan(0);
    expect(video["pliCount"] ?? 0).toBeLessThanOrEqual(3);
    expect(video["framesDropped"] ?? 0).toBeLessThanOrEqual(10);
    await engine.close();
  },

  "where there is room for sound alone the picture stops, and comes back with the room":
    async () => {
      const announcedAddress = "127.0.0.2";
      const port = 20_000 + crypto.getRandomValues(new Uint16Array(1))[0]! % 10_000;
      const { engine, ada, bob, events } = await localStage({ port, announcedAddress });
      const way = await Relay.open(
        { address: announcedAddress, port },
        { address: ADDRESS, port },
        1,
      );
      const heard = await bob.consume(await ada.publishTone());
      const seen = await bob.consume(await ada.publishPicture());
      await until(() => seen.frames > 20 && heard.loudness > 0.1, { what: "sound and picture" });
      const starved = () =>
        events.flatMap((event) => event.type === "consumerStarved" ? [event.starved] : []).at(-1);
      way.shape({ down: { kbps: 80, delayMs: 20 } });
      await until(() => starved() === true, { what: "no room for the picture", limitMs: 90_000 });
      await until(() => heard.loudness > 0.1, { what: "sound in spite of that" });
      const frames = seen.frames;
      way.shape({});
      await until(() => starved() === false && seen.frames > frames + 20, {
        what: "the picture",
        limitMs: 90_000,
      });
      await engine.close();
      way.close();
    },

  "sound comes through a relay where nothing else is let through": async () => {
    const secret = crypto.randomUUID();
    const relay = await TurnServer.start(findTurnServer() ?? "turnserver", secret);
    const engine = await startMediaProcess({
      address: ADDRESS,
      port: 0,
      logger: QUIET,
      turn: { urls: [`turn:127.0.0.1:${relay.port}?transport=udp`], secret },
    });
    const routerId = await engine.createRouter(() => {});
    const ada = new TestPeer(engine, routerId);
    const bob = new TestPeer(engine, routerId, "relay");
    await Promise.all([ada.load(), bob.load()]);
    const heard = await bob.consume(await ada.publishTone());
    await until(() => heard.loudness > 0.1, { what: "sound through the relay" });
    const report = await bob.receiveTransport!.getStats();
    const local = [...report.values()].filter(({ type }) => type === "local-candidate");
    expect(local.map(({ candidateType }) => candidateType)).toEqual(
      local.map(() => "relay"),
    );
    await engine.close();
    await relay.stop();
  },

  "an ICE restart keeps sound and picture": async () => {
    const { engine, ada, bob, events } = await localStage();
    const heard = await bob.consume(await ada.publishTone());
    const seen = await bob.consume(await ada.publishPicture());
    await until(() => seen.frames > 5 && heard.loudness > 0.1, { what: "sound and picture" });
    for (const transport of [bob.receiveTransport!, ada.sendTransport!]) {
      const iceParameters = await engine.restartIce(transport.id);
      await transport.restartIce({ iceParameters: { ...iceParameters, iceLite: true } });
    }
    const { stunAnswered } = await engine.counters();
    const { frames } = seen;
    await until(() => seen.frames > frames + 50 && heard.loudness > 0.1, {
      what: "sound and picture after the restart",
    });
    expect((await engine.counters())["stunAnswered"]).toBeGreaterThan(stunAnswered!);
    expect(events.filter(({ type }) => type === "transportClosed")).toEqual([]);
    await engine.close();
  },

  "where UDP is blocked sound and picture come over TCP, also after an ICE restart": async () => {
    const pool = await startMediaPool({ address: ADDRESS, port: 0, processes: 1, logger: QUIET });
    const { engine, ada, bob, events } = await stage({
      ...pool,
      createTransport: async (routerId, direction) => {
        const options = await pool.createTransport(routerId, direction);
        const iceCandidates = options.iceCandidates.filter(({ protocol }) => protocol === "tcp");
        return { ...options, iceCandidates };
      },
    });
    const heard = await bob.consume(await ada.publishTone());
    const seen = await bob.consume(await ada.publishPicture());
    await until(() => seen.frames > 25 && heard.loudness > 0.1, { what: "sound and picture" });
    for (const transport of [bob.receiveTransport!, ada.sendTransport!]) {
      const iceParameters = await engine.restartIce(transport.id);
      await transport.restartIce({ iceParameters: { ...iceParameters, iceLite: true } });
    }
    const { frames } = seen;
    await until(() => seen.frames > frames + 50 && heard.loudness > 0.1, {
      what: "sound and picture after the restart",
    });
    const report = [...(await bob.receiveTransport!.getStats()).values()];
    const pair = report.find(({ type, nominated }) => type === "candidate-pair" && nominated);
    const local = report.find(({ id }) => id === pair?.localCandidateId);
    expect(local?.protocol).toBe("tcp");
    expect(events.filter(({ type }) => type === "transportClosed")).toEqual([]);
    await engine.close();
  },

  "when one of two media processes is killed, the lesson in the other goes on, and its own has media again":
    async () => {
      const pool = await startMediaPool({ address: ADDRESS, port: 0, processes: 2, logger: QUIET });
      const [killed, spared] = [await stage(pool), await stage(pool)];
      const before = await hearing(killed);
      const undisturbed = await hearing(spared);
      await until(() => before.frames > 10 && undisturbed.frames > 10, { what: "two lessons" });
      Deno.kill(pool.processes[0]!.pid, "SIGKILL");
      await until(() => killed.events.some(({ type }) => type === "lost"), { what: "lost" });
      for (const peer of [killed.ada, killed.bob]) peer.close();
      const again = await hearing(await stage(pool));
      const { frames } = undisturbed;
      await until(
        () => again.loudness > 0.1 && undisturbed.loudness > 0.1 && undisturbed.frames > frames,
        { what: "sound in both lessons" },
      );
      expect(await spared.bob.inbound("audio")).toMatchObject({ packetsLost: 0 });
      expect(spared.events.filter(({ type }) => type === "lost" || type === "transportClosed"))
        .toEqual([]);
      await pool.close();
    },

  "a peer with another certificate than announced gets no connection": async () => {
    const local = await startLocalMedia({ address: ADDRESS, port: 0 });
    const forged = "AB:".repeat(31) + "AB";
    const engine: MediaEngine = {
      ...local,
      connectTransport: (id) =>
        local.connectTransport(id, {
          role: "client",
          fingerprints: [{ algorithm: "sha-256", value: forged }],
        }),
    };
    const { ada, events } = await stage(engine);
    ada.publishTone().catch(() => {});
    await until(() => events.some(({ type }) => type === "transportClosed"), {
      what: "the transport was closed",
    });
    expect(events.some(({ type }) => type === "transportConnected")).toBe(false);
    expect(await local.counters()).toMatchObject({
      rtpReceived: 0,
      dtlsFailures: 1,
      transports: 0,
    });
    await local.close();
  },
};

if (import.meta.main) {
  const name = Deno.args[0] ?? "";
  const scenario = SCENARIOS[name];
  let failure: unknown = scenario === undefined ? `no scenario "${name}"` : undefined;
  try {
    await scenario?.();
  } catch (error) {
    failure = error;
  }
  if (failure !== undefined) {
    const text = failure instanceof Error ? failure.stack ?? failure.message : `${failure}`;
    await Deno.stderr.write(new TextEncoder().encode(`${text}\n`));
  }
  Deno.exit(failure === undefined ? 0 : 1);
}
