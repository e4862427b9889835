/**
 * A stand-in for an S3 store: it keeps objects in memory, and refuses whatever isn't signed by AWS Signature Version 4
 * with its one key. It knows PUT, GET with Range, and DELETE of objects, addressed by path.
 *
 * The signature is worked out here from the specification, apart from the client's library.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { S3Location } from "../../../recorder/io/s3_objects.ts";

const ADDRESS = "127.0.0.1";
const BUCKET = "lessons";
const REGION = "eu-test-1";
const KEY_ID = "LECTERNTEST";
const SECRET = "not/a+secret";
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

const sha256 = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text).digest();

export class S3Double implements AsyncDisposable {
  /** By key, without the bucket. */
  readonly objects = new Map<string, Uint8Array>();
  /** Answers 503 to everything. */
  down = false;
  /** Method and key of what was asked and granted. */
  readonly asked: string[] = [];
  readonly #server = Deno.serve(
    { hostname: ADDRESS, port: 0, onListen: () => {} },
    (request) => this.#answer(request),
  );

  get location(): S3Location {
    return {
      endpoint: `http://${ADDRESS}:${this.#server.addr.port}`,
      bucket: BUCKET,
      region: REGION,
      accessKeyId: KEY_ID,
      secretAccessKey: SECRET,
    };
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    if (this.down) return new Response("busy", { status: 503 });
    if (!isSigned(request, body)) {
      return new Response("<Code>SignatureDoesNotMatch</Code>", { status: 403 });
    }
    if (!pathname.startsWith(`/${BUCKET}/`)) {
      return new Response("<Code>NoSuchBucket</Code>", { status: 404 });
    }
    const key = pathname.slice(BUCKET.length + 2);
    this.asked.push(`${request.method} ${key}`);
    const object = this.objects.get(key);
    switch (request.method) {
      case "PUT":
        this.objects.set(key, body);
        return new Response(null, { headers: { etag: `"${sha256(body).slice(0, 32)}"` } });
      case "DELETE":
        this.objects.delete(key);
        return new Response(null, { status: 204 });
      case "GET":
        return object === undefined
          ? new Response("<Code>NoSuchKey</Code>", { status: 404 })
          : ranged(object, request.headers.get("range"));
    }
    return new Response(null, { status: 405 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Whether the request bears the signature that it must (AWS: "Create a signed AWS API request"). */
function isSigned(request: Request, body: Uint8Array): boolean {
  const parsed = AUTHORIZATION.exec(request.headers.get("authorization") ?? "");
  if (parsed === null) return false;
  const [, keyId, day, region, signedHeaders, signature] = parsed;
  const at = request.headers.get("x-amz-date") ?? "";
  const digest = request.headers.get("x-amz-content-sha256") ?? "";
  if (keyId !== KEY_ID || region !== REGION || !at.startsWith(day!)) return false;
  if (digest !== "UNSIGNED-PAYLOAD" && digest !== sha256(body)) return false;
  const names = signedHeaders!.split(";");
  if (!["host", "x-amz-date", "x-amz-content-sha256"].every((name) => names.includes(name))) {
    return false;
  }
  const { host, pathname, search } = new URL(request.url);
  if (search !== "") return false;
  const valueOf = (name: string) => name === "host" ? host : request.headers.get(name) ?? "";
  const canonical = [
    request.method,
    pathname,
    "",
    ...names.map((name) => `${name}:${valueOf(name).trim()}`),
    "",
    signedHeaders,
    digest,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [day!, region!, "s3", "aws4_request"]
    .reduce<string | Uint8Array>((secret, part) => hmac(secret, part), `AWS4${SECRET}`);
  const expected = hmac(key, ["AWS4-HMAC-SHA256", at, scope, sha256(canonical)].join("\n"));
  return timingSafeEqual(expected, Uint8Array.fromHex(signature!));
}

function ranged(object: Uint8Array, range: string | null): Response {
  const body = (from: number, to: number) => new Uint8Array(object.subarray(from, to));
  const parsed = /^bytes=(\d+)-(\d+)$/.exec(range ?? "");
  if (parsed === null) return new Response(body(0, object.length));
  const [from, last] = [Number(parsed[1]), Math.min(Number(parsed[2]), object.length - 1)];
  if (from > last) return new Response(null, { status: 416 });
  return new Response(body(from, last + 1), {
    status: 206,
    headers: { "content-range": `bytes ${from}-${last}/${object.length}` },
  });
}
