import { expect } from "@std/expect";
import { MediaError } from "../media_engine.ts";
import { CONSENT_MS, QUIET_MS } from "./ice.ts";
import { dtlsHello, protect } from "../testing/simulated_network.ts";
import {
  CAMERA,
  FINGERPRINT,
  KEY_FRAME,
  Lesson,
  MICROPHONE_SSRC,
} from "../testing/simulated_lesson.ts";

Deno.test("who speaks is told by the level of the packets, and a muted microphone is silent", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceMicrophone();
  let sequence = 0;
  const speak = (ms: number) => {
    for (let i = 0; i < ms / 20; i++) {
      lesson.publish({
        ssrc: MICROPHONE_SSRC,
        payloadType: 111,
        sequence: sequence++,
        payload: [1],
        extension: [14, 0x80 | 20],
      });
      lesson.pass(20);
    }
  };
  const speakers = () => lesson.events.findLast((event) => event.type === "speakers")?.speakers;
  speak(1000);
  expect(speakers()?.map((speaker) => speaker.producerId)).toEqual([producerId]);
  lesson.core.setProducerPaused(producerId, true);
  speak(1000);
  expect(speakers()).toEqual([]);
});

Deno.test("layers without a signalled ssrc are learnt from mid and rid", () => {
  const lesson = new Lesson();
  const { encodings: _, ...rest } = CAMERA;
  lesson.consume(lesson.produceCamera({ ...rest, encodings: [{ rid: "lo" }, { rid: "hi" }] }));
  const packet = { ssrc: 77, payload: KEY_FRAME };
  // Mid "0" and rid "hi", as one-byte elements.
  const withRid = (sequence: number, forged: boolean) => {
    const elements = [4 << 4, 0x30, 10 << 4 | 1, 0x68, 0x69, 0, 0, 0];
    const bytes = Uint8Array.of(
      ...[0x90, 96, 0, sequence, 0, 0, 0, 0, 0, 0, 0, 77, 0xbe, 0xde, 0, 2],
      ...elements,
      ...KEY_FRAME,
    );
    lesson.deliver(forged ? bytes : protect(bytes), lesson.ada.remote);
  };
  withRid(1, true);
  lesson.publish({ ...packet, sequence: 2 });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  withRid(3, false);
  lesson.publish({ ...packet, sequence: 4 });
  expect(lesson.take(lesson.bob.remote).rtp).toHaveLength(1);
});

Deno.test("RTP before produce, forged RTP and RTP from strangers is counted and goes nowhere", () => {
  const lesson = new Lesson();
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.core.counters()["rtpUnknown"]).toBe(1);
  lesson.consume(lesson.produceCamera());
  lesson.take(lesson.bob.remote);
  lesson.publish({ sequence: 2, payload: KEY_FRAME, forged: true });
  lesson.publish({ sequence: 3, payload: KEY_FRAME, from: lesson.socket.remote("6.6.6.6", 6) });
  expect(lesson.socket.take()).toEqual([]);
  expect(lesson.core.counters()).toMatchObject({ rtpRejected: 1, datagramsRejected: 1 });
});

Deno.test("a certificate other than announced closes the transport and everything on it", () => {
  const lesson = new Lesson();
  const transport = lesson.core.createTransport(lesson.routerId, "send");
  const remote = lesson.socket.remote("203.0.113.9", 5);
  lesson.check(transport.iceParameters, remote);
  lesson.deliver(dtlsHello("EE".repeat(32)), remote);
  lesson.core.connectTransport(transport.id, {
    fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
  });
  expect(lesson.events).toContainEqual({ type: "transportClosed", transportId: transport.id });
  expect(() => lesson.core.closeTransport(transport.id)).toThrow(MediaError);
  lesson.socket.take();
  lesson.check(transport.iceParameters, remote);
  expect(lesson.socket.take()).toEqual([]);
});

Deno.test("a silent peer's transport is closed 30 s after its last check, with what it published", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const consumer = lesson.consume(producerId);
  for (let i = 0; i < 15; i++) {
    lesson.pass(2000);
    lesson.check(lesson.bob.iceParameters, lesson.bob.remote);
  }
  expect(lesson.events.filter(({ type }) => type === "transportClosed")).toEqual([]);
  lesson.pass(CONSENT_MS - 28_000);
  expect(lesson.events.filter(({ type }) => type.endsWith("Closed"))).toEqual([
    { type: "consumerClosed", consumerId: consumer.id },
    { type: "producerClosed", producerId },
    { type: "transportClosed", transportId: lesson.ada.id },
  ]);
});

Deno.test("closing a producer tells its consumers and nothing else", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const consumer = lesson.consume(producerId);
  lesson.events.length = 0;
  lesson.core.closeProducer(producerId);
  expect(lesson.events).toEqual([{ type: "consumerClosed", consumerId: consumer.id }]);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.take(lesson.bob.remote).rtp).toEqual([]);
  expect(lesson.produceCamera()).not.toBe(producerId);
});

Deno.test("an address change under restarted ICE moves the media when it is nominated", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  const restarted = lesson.core.restartIce(lesson.bob.id);
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  expect(lesson.take(lesson.bob.remote).rtp).toHaveLength(1);
  const cafe = lesson.socket.remote("203.0.113.77", 9);
  lesson.check(restarted, cafe);
  lesson.publish({ sequence: 2 });
  expect(lesson.take(cafe).rtp).toHaveLength(1);
});

Deno.test("impossible wishes are refused with a reason", () => {
  const lesson = new Lesson();
  const producerId = lesson.produceCamera();
  const rtpCapabilities = lesson.core.routerRtpCapabilities;
  expect(() => lesson.produceCamera()).toThrow("in use");
  expect(() => lesson.core.consume(lesson.bob.id, { producerId: "none", rtpCapabilities }))
    .toThrow("no producer");
  expect(() => lesson.core.consume(lesson.ada.id, { producerId, rtpCapabilities }))
    .toThrow("made for sending");
  expect(() =>
    lesson.core.produce(lesson.bob.id, {
      kind: "video",
      rtpParameters: CAMERA,
      paused: false,
    })
  ).toThrow("made for receiving");
  expect(() =>
    lesson.core.connectTransport(lesson.bob.id, {
      fingerprints: [{ algorithm: "sha-256", value: FINGERPRINT }],
    })
  ).toThrow("already");
  for (let i = 0; i < 600; i++) {
    try {
      lesson.core.createTransport(lesson.routerId, "send");
    } catch (error) {
      expect(error).toMatchObject({ code: "unavailable" });
      expect(i).toBe(510);
      return;
    }
  }
  throw new Error("no bound was reached");
});

Deno.test("closing a router leaves nothing behind", () => {
  const lesson = new Lesson();
  lesson.consume(lesson.produceCamera());
  lesson.events.length = 0;
  lesson.core.closeRouter(lesson.routerId);
  expect(lesson.events).toEqual([]);
  expect(lesson.core.counters()).toMatchObject({ routers: 0, transports: 0 });
  expect(lesson.core.idle).toBe(true);
  lesson.socket.take();
  lesson.publish({ sequence: 1, payload: KEY_FRAME });
  lesson.check(lesson.ada.iceParameters, lesson.ada.remote);
  expect(lesson.socket.take()).toEqual([]);
});

Deno.test("a connection that loses a tenth is called poor, with its figures, and good again when it heals", () => {
  const lesson = new Lesson();
  lesson.produceCamera();
  const told = () =>
    lesson.events.splice(0).flatMap((event) =>
      event.type === "quality"
        ? event.transports.filter(({ transportId }) => transportId === lesson.ada.id)
        : []
    );
  let sequence = 0;
  const send = (seconds: number, lost: (n: number) => boolean) => {
    for (let n = 0; n < seconds * 50; n++) {
      sequence++;
      if (!lost(n)) lesson.publish({ sequence, timestamp: (lesson.nowMs * 90) >>> 0 });
      lesson.pass(20);
    }
  };
  send(4, () => false);
  expect(told()).toMatchObject([{ grade: "good", lost: 0 }]);
  send(6, (n) => n % 8 === 0);
  const [poor] = told();
  expect(poor).toMatchObject({ grade: "poor" });
  expect(poor!.lost).toBeGreaterThan(0.08);
  send(6, () => false);
  expect(told()).toMatchObject([{ grade: "good" }]);
});

Deno.test("of a peer who misses a check it is told that they are quiet, and soon after the next that they aren't", () => {
  const lesson = new Lesson();
  const told = () => lesson.events.splice(0).filter(({ type }) => type === "transportQuiet");
  const passChecking = (seconds: number, who: readonly (typeof lesson.ada)[]) => {
    for (let second = 0; second < seconds; second++) {
      for (const { iceParameters, remote } of who) lesson.check(iceParameters, remote);
      lesson.pass(1000);
    }
  };
  passChecking(20, [lesson.ada, lesson.bob]);
  expect(told()).toEqual([]);
  passChecking(QUIET_MS / 1000 + 3, [lesson.bob]);
  expect(told()).toEqual([{ type: "transportQuiet", transportId: lesson.ada.id, quiet: true }]);
  passChecking(3, [lesson.ada, lesson.bob]);
  expect(told()).toEqual([{ type: "transportQuiet", transportId: lesson.ada.id, quiet: false }]);
});
