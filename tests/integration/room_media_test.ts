import { expect } from "@std/expect";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { TestClient } from "../support/room/client.ts";
import { QuietEngine, RTP } from "../support/room/quiet_engine.ts";
import { RoomServer } from "../support/room/room_server.ts";

/** A tutor and a student in a room whose engine shows what it was asked. */
async function lesson(policy = {}) {
  const server = await RoomServer.start();
  const engine = server.engine as QuietEngine;
  const booked = await server.book({ policy });
  const tutor = await server.join(booked.tutor);
  const student = await server.join(booked.student);
  return { server, engine, booked, tutor, student };
}

async function publish(client: TestClient, source: MediaSource, on = true) {
  const kind: "audio" | "video" = source === "audio" || source === "screenAudio"
    ? "audio"
    : "video";
  const { id: transportId } = await client.request("media.createTransport", { direction: "send" });
  const { producerId } = await client.request("media.produce", {
    transportId,
    kind,
    source,
    rtpParameters: RTP[kind],
    on,
  });
  return { transportId, producerId };
}

Deno.test("a producer shows in the document, and others in the room may consume it", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const { producerId } = await publish(student, "video");
  await tutor.until(
    () => tutor.participant(student.id)?.video.producerId === producerId,
    "the producer",
  );
  const { id: transportId } = await tutor.request("media.createTransport", { direction: "recv" });
  const consumer = await tutor.request("media.consume", {
    transportId,
    producerId,
    rtpCapabilities: {},
  });
  expect(consumer).toMatchObject({ producerId, kind: "video" });
  expect(engine.consumers.get(consumer.id)?.paused).toBe(true);
  await tutor.request("media.resumeConsumer", { consumerId: consumer.id });
  expect(engine.consumers.get(consumer.id)?.paused).toBe(false);
});

Deno.test("nobody reaches another's transports, producers and consumers, nor another room's", async () => {
  const { server, tutor, student } = await lesson();
  await using _server = server;
  const { transportId, producerId } = await publish(student, "audio");
  const { id: receive } = await student.request("media.createTransport", { direction: "recv" });
  const consumer = await student.request("media.consume", {
    transportId: receive,
    producerId,
    rtpCapabilities: {},
  });
  const produce = {
    transportId,
    kind: "audio",
    source: "audio",
    rtpParameters: RTP.audio,
  } as const;
  for (
    const request of [
      () => tutor.request("media.restartIce", { transportId }),
      () => tutor.request("media.closeTransport", { transportId }),
      () => tutor.request("media.produce", produce),
      () => tutor.request("media.closeProducer", { producerId }),
      () => tutor.request("media.closeConsumer", { consumerId: consumer.id }),
      () => tutor.request("media.resumeConsumer", { consumerId: consumer.id }),
      () => student.request("media.produce", { ...produce, transportId: receive }),
    ]
  ) await expect(request()).rejects.toMatchObject({ code: "not-found" });

  const elsewhere = await server.join((await server.book()).tutor);
  const { id } = await elsewhere.request("media.createTransport", { direction: "recv" });
  await expect(
    elsewhere.request("media.consume", { transportId: id, producerId, rtpCapabilities: {} }),
  ).rejects.toMatchObject({ code: "not-found" });
});

Deno.test("a new producer of the same source replaces the old one", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const first = await publish(student, "audio");
  const second = await publish(student, "audio");
  expect(engine.producers.has(first.producerId)).toBe(false);
  await tutor.until(
    () => tutor.participant(student.id)?.audio.producerId === second.producerId,
    "the second producer",
  );
});

Deno.test("a host's mute stops the sound at the server, and its owner may go on alone when allowed", async () => {
  const { server, engine, booked, tutor, student } = await lesson();
  await using _server = server;
  const { producerId } = await publish(student, "audio");
  const paused = () => engine.producers.get(producerId)?.paused;
  await tutor.request("participant.stopMedia", { participantId: student.id, source: "audio" });
  expect(await student.notice("participant.stopped")).toEqual({ source: "audio", by: "Tara" });
  expect(paused()).toBe(true);
  await student.until(() => student.participant()?.audio.stoppedByHost === true, "stopped");
  const stays = await server.storage.meetings.stays(booked.meetingId);
  expect(stays.find((stay) => stay.name === "Sam")?.isMuted).toBe(true);
  await student.request("participant.setMedia", { source: "audio", on: true });
  expect(paused()).toBe(false);
  await student.until(
    () => student.participant()?.audio.on === true && !student.participant()?.audio.stoppedByHost,
    "on again",
  );
});

Deno.test("without self-unmute a muted person goes on only after the host asked them", async () => {
  const { server, engine, tutor, student } = await lesson({ selfUnmute: false });
  await using _server = server;
  const { producerId } = await publish(student, "audio");
  await tutor.request("participant.muteAll", {});
  const unmute = () => student.request("participant.setMedia", { source: "audio", on: true });
  await expect(unmute()).rejects.toMatchObject({ code: "forbidden" });
  // Nor by another producer.
  const { producerId: another } = await publish(student, "audio");
  expect(engine.producers.get(another)?.paused).toBe(true);
  expect(engine.producers.has(producerId)).toBe(false);
  await tutor.request("participant.askMedia", { participantId: student.id, source: "audio" });
  expect(await student.notice("participant.asked")).toEqual({ source: "audio", by: "Tara" });
  expect(engine.producers.get(another)?.paused).toBe(true);
  await unmute();
  expect(engine.producers.get(another)?.paused).toBe(false);
});

Deno.test("mute all spares the hosts", async () => {
  const { server, tutor, student } = await lesson();
  await using _server = server;
  await publish(student, "audio");
  await publish(tutor, "audio");
  await tutor.request("participant.muteAll", {});
  await tutor.until(() => tutor.participant(student.id)?.audio.on === false, "the student muted");
  expect(tutor.participant()?.audio.on).toBe(true);
});

/** More producers over one transport; a new transport would end those of the one before. */
async function producerOver(client: TestClient) {
  const { id: transportId } = await client.request("media.createTransport", { direction: "send" });
  return async (source: MediaSource, on = true) => {
    const kind = source === "audio" || source === "screenAudio" ? "audio" : "video";
    const { producerId } = await client.request("media.produce", {
      transportId,
      kind,
      source,
      rtpParameters: RTP[kind],
      on,
    });
    return producerId;
  };
}

Deno.test("a mute stops the sound of a shared screen too, and both go on when its owner unmutes", async () => {
  const { server, engine, tutor, student } = await lesson({ selfUnmute: false });
  await using _server = server;
  const produce = await producerOver(student);
  const microphone = await produce("audio");
  const picture = await produce("screen");
  const sound = await produce("screenAudio");
  const paused = (producerId: string) => engine.producers.get(producerId)?.paused;
  await tutor.request("participant.stopMedia", { participantId: student.id, source: "audio" });
  expect([microphone, sound, picture].map(paused)).toEqual([true, true, false]);
  await tutor.until(
    () => tutor.participant(student.id)?.screenAudio.stoppedByHost === true,
    "the sound of the screen stopped",
  );
  // A page that comes back says again what it wants: the share goes on, silent.
  await student.request("participant.setMedia", { source: "screenAudio", on: true });
  expect(paused(sound)).toBe(true);
  await tutor.request("participant.askMedia", { participantId: student.id, source: "screenAudio" });
  await student.request("participant.setMedia", { source: "screenAudio", on: true });
  expect(paused(sound)).toBe(true);
  await tutor.request("participant.askMedia", { participantId: student.id, source: "audio" });
  await student.request("participant.setMedia", { source: "audio", on: true });
  expect([microphone, sound].map(paused)).toEqual([false, false]);
  await student.request("participant.setMedia", { source: "screenAudio", on: false });
  await tutor.request("participant.muteAll", {});
  await tutor.request("participant.askMedia", { participantId: student.id, source: "audio" });
  await student.request("participant.setMedia", { source: "audio", on: true });
  expect([microphone, sound].map(paused)).toEqual([false, true]);
});

Deno.test("who is muted is not heard by any source, produced anew, again or after coming back", async () => {
  const { server, engine, booked, tutor, student } = await lesson({ selfUnmute: false });
  await using _server = server;
  const produce = await producerOver(student);
  await produce("audio");
  await tutor.request("participant.muteAll", {});
  const heard = () =>
    [...engine.producers.values()].filter(({ kind, paused }) => kind === "audio" && !paused);
  expect(heard()).toEqual([]);
  // What the microphone sent, as the sound of a screen.
  await expect(produce("screenAudio")).rejects.toMatchObject({ code: "conflict" });
  for (let times = 0; times < 2; times++) {
    const picture = await produce("screen");
    await produce("screenAudio");
    await produce("audio");
    expect(heard()).toEqual([]);
    // Ending the share forgets nothing.
    await student.request("media.closeProducer", { producerId: picture });
  }
  for (const source of ["audio", "screenAudio"] as const) {
    await student.request("participant.setMedia", { source, on: true }).catch(() => {});
  }
  expect(heard()).toEqual([]);

  await student.request("meeting.leave", {});
  const back = await server.join(booked.student);
  const again = await producerOver(back);
  await again("screen");
  await again("screenAudio");
  await again("audio");
  expect(heard()).toEqual([]);
  await expect(back.request("participant.setMedia", { source: "audio", on: true }))
    .rejects.toMatchObject({ code: "forbidden" });
  expect(heard()).toEqual([]);
});

Deno.test("the sound of a screen exists only beside its picture", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const produce = await producerOver(student);
  await expect(produce("screenAudio")).rejects.toMatchObject({ code: "conflict" });
  for (const source of ["screen", "screenAudio"] as const) {
    await expect(student.request("participant.setMedia", { source, on: true }))
      .rejects.toMatchObject({ code: "conflict" });
  }
  const picture = await produce("screen");
  const sound = await produce("screenAudio");
  await student.request("media.closeProducer", { producerId: picture });
  expect(engine.producers.has(sound)).toBe(false);
  await tutor.until(
    () => tutor.participant(student.id)?.screenAudio.producerId === null,
    "no sound of a screen",
  );
  await expect(produce("screenAudio")).rejects.toMatchObject({ code: "conflict" });
});

Deno.test("a source has producers of its own kind, one at a time", async () => {
  const { server, engine, student } = await lesson();
  await using _server = server;
  const { id: transportId } = await student.request("media.createTransport", { direction: "send" });
  for (const source of ["audio", "video", "screen", "screenAudio"] as const) {
    const kind = source === "audio" || source === "screenAudio" ? "video" : "audio";
    await expect(
      student.request("media.produce", { transportId, kind, source, rtpParameters: RTP[kind] }),
    ).rejects.toMatchObject({ code: "bad-request" });
  }
  const produce = async () =>
    await student.request("media.produce", {
      transportId,
      kind: "audio",
      source: "audio",
      rtpParameters: RTP.audio,
    });
  await Promise.all([produce(), produce(), produce()]);
  expect([...engine.producers.values()].filter(({ kind }) => kind === "audio").length).toBe(1);
});

Deno.test("a share that the host forbids while it is being made doesn't begin", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const produce = await producerOver(student);
  const made = Promise.withResolvers<void>();
  const forbidden = Promise.withResolvers<void>();
  const original = engine.produce.bind(engine);
  engine.produce = async (...given: Parameters<QuietEngine["produce"]>) => {
    const answer = await original(...given);
    made.resolve();
    await forbidden.promise;
    return answer;
  };
  const sharing = produce("screen");
  await made.promise;
  await tutor.request("meeting.setPolicy", { policy: { share: "host" } });
  forbidden.resolve();
  await expect(sharing).rejects.toMatchObject({ code: "forbidden" });
  expect(engine.producers.size).toBe(0);
});

Deno.test("a screen is shared only by whom the policy lets, and the host can stop it", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const { producerId } = await publish(student, "screen");
  await tutor.request("participant.stopMedia", { participantId: student.id, source: "screen" });
  expect(engine.producers.has(producerId)).toBe(false);
  await student.until(() => student.participant()?.screen.producerId === null, "no screen");
  const again = await publish(student, "screen");
  await tutor.request("meeting.setPolicy", { policy: { share: "host" } });
  expect(engine.producers.has(again.producerId)).toBe(false);
  await expect(publish(student, "screen")).rejects.toMatchObject({ code: "forbidden" });
  await publish(tutor, "screen");
});

Deno.test("media goes with its owner: at leaving and at a reload, but not at a lost socket", async () => {
  const { server, engine, booked, tutor, student } = await lesson();
  await using _server = server;
  const { producerId } = await publish(student, "audio");
  await student.close();
  const back = await server.join(
    { ...booked.student, session: student.welcome?.session ?? "" },
    student.doc,
  );
  expect(engine.producers.has(producerId)).toBe(true);
  await back.close();
  const reloaded = await server.join(booked.student);
  expect(engine.producers.has(producerId)).toBe(false);
  const next = await publish(reloaded, "video");
  await reloaded.request("meeting.leave", {});
  expect(engine.producers.has(next.producerId)).toBe(false);
  await tutor.until(() => tutor.participant(student.id)?.video.producerId === null, "no producer");
});

Deno.test("when the media process is lost everybody is told and makes everything anew", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const { producerId: lost } = await publish(student, "audio");
  await tutor.until(() => tutor.participant(student.id)?.audio.producerId === lost, "a producer");
  engine.lose();
  await tutor.notice("media.lost");
  await student.notice("media.lost");
  await tutor.until(() => tutor.participant(student.id)?.audio.producerId === null, "no producer");
  expect(tutor.participant(student.id)?.audio.on).toBe(true);
  const { producerId } = await publish(student, "audio");
  await tutor.until(
    () => tutor.participant(student.id)?.audio.producerId === producerId,
    "the new producer",
  );
});

Deno.test("speakers are told by participant, and a closed transport by its id to its owner", async () => {
  const { server, engine, tutor, student } = await lesson();
  await using _server = server;
  const { producerId, transportId } = await publish(student, "audio");
  engine.emit({ type: "speakers", speakers: [{ producerId, level: -20 }] });
  expect(await tutor.notice("media.speakers"))
    .toEqual({ speakers: [{ participantId: student.id, level: -20 }] });
  engine.emit({ type: "transportClosed", transportId });
  expect(await student.notice("media.transportClosed")).toEqual({ transportId });
  await tutor.until(() => tutor.participant(student.id)?.audio.producerId === null, "no producer");
});
