import { expect } from "@std/expect";
import { toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { makePageKeys } from "../../rooms/contract/encryption/wrapping.ts";
import { RoomServer } from "../support/room/room_server.ts";

const EPOCH = "0011223344556677";
const publicKey = async () => toBase64Url((await makePageKeys()).publicKey);

Deno.test("the first page leads, its keys reach whom they are for, and when its socket is gone another leads", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ encryption: "e2ee" });
  const [tutor, student] = [await server.join(lesson.tutor), await server.join(lesson.student)];
  const keys = [await publicKey(), await publicKey()];
  const alone = await tutor.request("keys.announce", { publicKey: keys[0]! });
  const [first] = alone.people;
  expect(alone).toMatchObject({ leader: first!.participantId, epoch: null, recorded: false });
  const both = await student.request("keys.announce", { publicKey: keys[1]! });
  expect(both.people.map((page) => page.publicKey)).toEqual(keys);
  expect(both.leader).toBe(first!.participantId);
  const told = await tutor.notice("keys.roster", ({ people }) => people.length === 2);
  const to = told.people[1]!.participantId;

  await expect(student.request("keys.distribute", { epoch: EPOCH, keys: [] }))
    .rejects.toMatchObject({ code: "forbidden" });
  await tutor.request("keys.distribute", { epoch: EPOCH, keys: [{ to, wrapped: "AAAA" }] });
  expect(await student.notice("keys.given"))
    .toEqual({ from: first!.participantId, epoch: EPOCH, wrapped: "AAAA" });
  await student.request("keys.ask", {});
  expect(await tutor.notice("keys.asked")).toEqual({ participantId: to });

  await tutor.close();
  const handed = await student.notice("keys.roster", ({ leader }) => leader === to);
  expect(handed.people.length).toBe(2);
  expect(handed.epoch).toBe(EPOCH);
  await student.request("keys.distribute", { epoch: EPOCH.replaceAll("0", "f"), keys: [] });
});

Deno.test("who is removed or can't encrypt gets no keys, and everybody is told", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ encryption: "e2ee" });
  const [tutor, student] = [await server.join(lesson.tutor), await server.join(lesson.student)];
  const unable = await student.request("keys.announce", { publicKey: null });
  expect(unable.leader).toBeNull();
  const { people, leader } = await tutor.request("keys.announce", { publicKey: await publicKey() });
  expect(people.map((page) => page.publicKey === null)).toEqual([true, false]);
  expect(leader).toBe(people[1]!.participantId);
  await tutor.request("participant.remove", { participantId: people[0]!.participantId });
  const after = await tutor.notice("keys.roster", ({ removals }) => removals === 1);
  expect(after.people.map((page) => page.participantId)).toEqual([leader]);
});

Deno.test("nobody announces what is no key, or another person's key, so that the others would refuse who is here", async () => {
  await using server = await RoomServer.start();
  const lesson = await server.book({ encryption: "e2ee" });
  const [tutor, student] = [await server.join(lesson.tutor), await server.join(lesson.student)];
  const keys = [await publicKey(), await publicKey()];
  await tutor.request("keys.announce", { publicKey: keys[0]! });
  const offCurve = toBase64Url(new Uint8Array(65).fill(4));
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // The same bytes, written in another way.
  const spelled = keys[1]!.slice(0, -1) + digits[digits.indexOf(keys[1]!.at(-1)!) ^ 1];
  for (const wrong of [offCurve, spelled]) {
    await expect(student.request("keys.announce", { publicKey: wrong }))
      .rejects.toMatchObject({ code: "bad-request" });
  }
  await expect(student.request("keys.announce", { publicKey: keys[0]! }))
    .rejects.toMatchObject({ code: "conflict" });
  // Nor when it was an earlier page's: its person may come back to that page.
  await tutor.request("keys.announce", { publicKey: await publicKey() });
  await expect(student.request("keys.announce", { publicKey: keys[0]! }))
    .rejects.toMatchObject({ code: "conflict" });
  const { people } = await student.request("keys.announce", { publicKey: keys[1]! });
  expect(people.map((page) => page.publicKey).includes(keys[1]!)).toBe(true);
  expect((await tutor.request("keys.announce", { publicKey: keys[0]! })).people.length).toBe(2);
});

Deno.test("a lesson that isn't encrypted end to end knows no keys", async () => {
  await using server = await RoomServer.start();
  const student = await server.join((await server.book()).student);
  await expect(student.request("keys.announce", { publicKey: null }))
    .rejects.toMatchObject({ code: "conflict" });
});
