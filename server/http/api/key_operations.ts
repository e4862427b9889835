/** API keys: made, listed and revoked by one that may write. */
import { z } from "zod";
import type { ApiKey } from "../../../db/api_keys.ts";
import { fromBase64Url } from "../../../rooms/contract/encryption/base64url.ts";
import { isPublicKey } from "../../../rooms/contract/encryption/wrapping.ts";
import { text } from "../../../rooms/contract/protocol/text.ts";
import type { Uses } from "../context.ts";
import { isoTime } from "../meeting_answers.ts";
import { type Operation, operation, unusableField } from "./operation.ts";
import { Problem } from "../problems.ts";

export type KeyDeps = Uses<
  {
    apiKeys: "issue" | "list" | "revoke";
    keyEnvelopes: "custodianOf" | "setCustodian";
    now: true;
  }
>;

const newKeySchema = z.strictObject({
  name: text.trim().min(1).max(100).describe("What it is for"),
  scope: z.enum(["read", "write"]).describe("`read` keys change nothing"),
}).meta({ id: "NewApiKey" });

const keySchema = z.strictObject({
  keyId: z.int(),
  name: z.string(),
  scope: z.enum(["read", "write"]),
  createdAt: z.iso.datetime(),
}).meta({ id: "ApiKey" });

const issuedKeySchema = z.strictObject({
  ...keySchema.shape,
  key: z.string().describe("The key itself. It can't be read again later"),
}).meta({ id: "IssuedApiKey" });

const custodianSchema = z.strictObject({
  publicKey: text.length(87).nullable()
    .describe("P-256, uncompressed, in base64url; null for none"),
}).meta({ id: "CustodianKey" });

export function keyOperations({ apiKeys, keyEnvelopes, now }: KeyDeps): Operation[] {
  return [
    operation({
      id: "createKey",
      method: "post",
      path: "/keys",
      tag: "API keys",
      summary: "Make an API key",
      body: newKeySchema,
      status: 201,
      answer: issuedKeySchema,
    }, async ({ body }) => {
      const issued = await apiKeys.issue(body.name, body.scope, now());
      return { body: { ...keyJson(issued), key: issued.key } };
    }),

    operation({
      id: "listKeys",
      method: "get",
      path: "/keys",
      tag: "API keys",
      summary: "List the API keys that work",
      answer: z.strictObject({ keys: z.array(keySchema) }).meta({ id: "ApiKeyList" }),
    }, async () => ({ body: { keys: (await apiKeys.list()).map(keyJson) } })),

    operation({
      id: "revokeKey",
      method: "delete",
      path: "/keys/{keyId}",
      tag: "API keys",
      summary: "Revoke an API key",
      description: "A key can't revoke itself, so that one always remains.",
      status: 204,
      refusals: [404, 409],
    }, async ({ params, apiKey }) => {
      const keyId = /^\d{1,15}$/.test(params.keyId) ? Number(params.keyId) : -1;
      if (keyId === apiKey.keyId) {
        throw new Problem("conflict", "A key can't revoke itself. Make another one first.");
      }
      if (await apiKeys.revoke(keyId, now())) return { body: undefined };
      throw new Problem("not-found", "There is no such key.");
    }),

    operation({
      id: "readCustodianKey",
      method: "get",
      path: "/custodian-key",
      tag: "API keys",
      summary: "Read the public key that recordings of your lessons are readable with",
      answer: custodianSchema,
    }, async ({ apiKey }) => ({
      body: { publicKey: await keyEnvelopes.custodianOf(apiKey.keyId) },
    })),

    operation({
      id: "setCustodianKey",
      method: "post",
      path: "/custodian-key",
      tag: "API keys",
      summary: "Set the public key that recordings of your lessons are readable with",
      description:
        "It holds for lessons booked with this API key that begin from now on. Keep the private key to " +
        "yourself: Lectern can't open a recording that is encrypted end to end, and this key can. People see in " +
        "the room that you hold one.",
      body: custodianSchema,
      answer: custodianSchema,
    }, async ({ body, apiKey }) => {
      const point = fromBase64Url(body.publicKey ?? "");
      if (body.publicKey !== null && (point === undefined || !await isPublicKey(point))) {
        throw unusableField("publicKey", "expected an uncompressed point of P-256 in base64url");
      }
      await keyEnvelopes.setCustodian(apiKey.keyId, body.publicKey);
      return { body };
    }),
  ];
}

function keyJson({ keyId, name, scope, createdAt }: ApiKey): z.output<typeof keySchema> {
  return { keyId, name, scope, createdAt: isoTime(createdAt) };
}
