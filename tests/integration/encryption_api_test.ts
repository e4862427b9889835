import { expect } from "@std/expect";
import { fromBase64Url, toBase64Url } from "../../rooms/contract/encryption/base64url.ts";
import { makeSecret } from "../../rooms/contract/encryption/secret.ts";
import {
  makePageKeys,
  openAsCustodian,
  sealEnvelope,
  sealToCustodian,
} from "../../rooms/contract/encryption/wrapping.ts";
import { LESSON, startHttp } from "../support/http/http_server.ts";

Deno.test("the booking system sets its custodian key, and only it opens what it is then given of a recording", async () => {
  await using server = await startHttp();
  const { storage } = server;
  const custodian = await makePageKeys();
  const publicKey = toBase64Url(custodian.publicKey);
  expect(await (await server.api("GET", "/custodian-key")).json()).toEqual({ publicKey: null });
  for (const wrong of [toBase64Url(new Uint8Array(65)), "x".repeat(87), "", 7]) {
    const refused = await server.api("POST", "/custodian-key", { publicKey: wrong });
    expect([wrong, refused.status]).toEqual([wrong, 422]);
    await refused.body?.cancel();
  }
  const set = await server.api("POST", "/custodian-key", { publicKey });
  expect([set.status, await set.json()]).toEqual([200, { publicKey }]);
  expect(await (await server.api("GET", "/custodian-key")).json()).toEqual({ publicKey });

  const booked = await server.api("POST", "/meetings", { ...LESSON, encryption: "e2ee" });
  const { meetingId } = await booked.json();
  expect(await storage.keyEnvelopes.custodian(meetingId)).toBe(publicKey);
  const recordingId = await server.record(meetingId);
  const [recording, epoch] = [await makeSecret(), await makeSecret()];
  const envelopes = [
    {
      by: null,
      of: recording.id,
      wrapped: toBase64Url(
        await sealToCustodian(custodian.publicKey, { meetingId, secret: recording }),
      ),
    },
    {
      by: recording.id,
      of: epoch.id,
      wrapped: toBase64Url(await sealEnvelope(recording, epoch)),
    },
  ];
  expect(await storage.keyEnvelopes.add(meetingId, envelopes, 2)).toBe(true);
  expect(await storage.keyEnvelopes.add(meetingId, envelopes, 2)).toBe(false);
  expect(await storage.keyEnvelopes.list(meetingId)).toEqual(envelopes);

  const answer = await server.api("GET", `/recordings/${recordingId}/key-envelopes`);
  const given = await answer.json();
  expect(given.envelopes.length).toBe(1);
  const wrapped = fromBase64Url(given.envelopes[0].wrapped)!;
  expect(await openAsCustodian(custodian, { meetingId: given.meetingId, wrapped }))
    .toEqual(recording);
  const stranger = await makePageKeys();
  expect(await openAsCustodian(stranger, { meetingId: given.meetingId, wrapped })).toBeUndefined();
  const missing = await server.api("GET", "/recordings/none/key-envelopes");
  expect(missing.status).toBe(404);
  await missing.body?.cancel();

  await (await server.api("POST", "/custodian-key", { publicKey: null })).body?.cancel();
  expect(await storage.keyEnvelopes.custodian(meetingId)).toBeNull();
});
