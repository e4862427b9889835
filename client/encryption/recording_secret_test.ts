import { expect } from "@std/expect";
import type { KeyEnvelope } from "../../rooms/ports.ts";
import type { Secret } from "../../rooms/contract/encryption/secret.ts";
import { peopleDigest } from "../../rooms/contract/encryption/security_code.ts";
import {
  makePageKeys,
  openAsCustodian,
  openEnvelope,
  wrapTo,
} from "../../rooms/contract/encryption/wrapping.ts";
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { pagesOf } from "./roster.ts";
import { beyond, expectAllRead, type TestPage, TestRoom } from "./testing/room.ts";

/** The ids of all secrets that somebody who holds some gets at through a recording's envelopes. */
async function openedBy(held: readonly Secret[], envelopes: readonly KeyEnvelope[]) {
  const known = new Map(held.map((secret) => [secret.id, secret]));
  for (let found = true; found;) {
    found = false;
    for (const { by, of, wrapped } of envelopes) {
      const key = known.get(by ?? "");
      if (key === undefined || known.has(of)) continue;
      const secret = await openEnvelope(key, fromBase64Url(wrapped)!);
      if (secret !== undefined) known.set(secret.id, secret);
      found ||= secret !== undefined;
    }
  }
  return new Set(known.keys());
}

Deno.test("The newest secret of a recording opens every epoch of it, also those before a removal", async () => {
  const custodian = await makePageKeys();
  const room = new TestRoom(toBase64Url(custodian.publicKey));
  const tara = await room.open("tara");
  await room.open("sam");
  const gil = await room.open("gil");
  await room.leave(gil, true);
  await room.open("tara", tara.kept);
  const epochs = new Set(room.pages.flatMap((page) => page.entered.map(({ id }) => id)));
  const opened = await openedBy(room.pages[0]!.kept.slice(-1), room.envelopes);
  expect([...epochs].filter((id) => !opened.has(id))).toEqual([]);

  const toCustodian = room.envelopes.filter(({ by }) => by === null);
  const held = await Promise.all(
    toCustodian.map(({ wrapped }) =>
      openAsCustodian(custodian, { meetingId: "m1", wrapped: fromBase64Url(wrapped)! })
    ),
  );
  const byCustodian = await openedBy(held.map((secret) => secret!), room.envelopes);
  expect([...epochs].filter((id) => !byCustodian.has(id))).toEqual([]);
  room.close();
});

Deno.test("What somebody removed holds of a recording opens nothing that comes after", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  const gil = await room.open("gil");
  const before = tara.epoch!.id;
  await room.leave(gil, true);
  const opened = await openedBy(gil.kept, room.envelopes);
  expect([opened.has(before), opened.has(tara.epoch!.id)]).toEqual([true, false]);
  expect((await openedBy(sam.kept.slice(-1), room.envelopes)).has(tara.epoch!.id)).toBe(true);
  room.close();
});

Deno.test("A secret that was on its way when somebody was removed is not used by the next leader", async () => {
  const room = new TestRoom();
  const tara = await room.open("tara");
  const sam = await room.open("sam");
  const gil = await room.open("gil");
  // What the leader gave before the removal comes to Sam after he was told of it; then the leader is gone.
  room.loses = ({ page, kind }) => kind === "notice" && page === tara;
  room.exchange.left(gil.person, true);
  gil.person.fields = { ...gil.person.fields, connection: "left" };
  gil.shut();
  await room.rest();
  await room.exchange.distribute(tara.member, {
    epoch: tara.epoch!.id,
    keys: [await handover(tara, sam)],
    envelopes: [],
  });
  await room.rest();
  expect(sam.kept.at(-1)!.id).toBe(gil.kept.at(-1)!.id);
  room.loses = () => false;
  await room.leave(tara);
  expect(sam.epoch!.id).not.toBe(tara.epoch!.id);
  expect(beyond(sam, gil).length).toBe(1);
  expect((await openedBy(gil.kept, room.envelopes)).has(sam.epoch!.id)).toBe(false);
  expect((await openedBy(sam.kept.slice(-1), room.envelopes)).has(tara.epoch!.id)).toBe(true);
  room.close();
});

/** What a page gives to another of the epoch and the recording as it knows them. */
async function handover(from: TestPage, to: TestPage): Promise<{ to: string; wrapped: string }> {
  const people = await peopleDigest("m1", pagesOf(to.agreement.roster.value));
  const secrets = { people, epoch: from.epoch!, recording: from.kept.at(-1)! };
  const wrapped = await wrapTo(to.keys.publicKey, {
    keys: from.keys,
    meetingId: "m1",
    handover: secrets,
  });
  return { to: to.id, wrapped: toBase64Url(wrapped) };
}

Deno.test("A room that is opened again, or a leader that was away, begins with another secret", async () => {
  const first = new TestRoom();
  const tara = await first.open("tara");
  first.close();
  // The server forgot whether somebody was removed.
  const again = new TestRoom(null, true, true);
  const back = await again.open("tara", tara.kept.slice());
  expect(beyond(back, tara).length).toBe(1);
  await again.open("sam");
  expect(beyond(back, tara).length).toBe(1);
  await back.agreement.announce();
  await again.open("gil");
  expect(beyond(back, tara).length).toBe(2);
  await expectAllRead(again);
  expect((await openedBy(back.kept.slice(-1), again.envelopes)).has(tara.kept[0]!.id)).toBe(true);
  again.close();
});

Deno.test("A lesson that isn't recorded has no recording secret", async () => {
  const room = new TestRoom(null, false);
  const tara = await room.open("tara");
  await room.open("sam");
  await expectAllRead(room);
  expect(tara.kept).toEqual([]);
  expect(room.envelopes).toEqual([]);
  room.close();
});
