/**
 * An object store that speaks S3: AWS, MinIO, Garage, Ceph, R2 and others. Requests are signed by aws4fetch.
 *
 * Buckets are addressed by path, which all of them take. Invariant: no request is waited for longer than
 * {@linkcode REQUEST_MS}.
 */
import { AwsClient } from "aws4fetch";
import type { ObjectStore } from "../ports.ts";

export interface S3Location {
  /** Scheme and host, no slash at the end. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const REQUEST_MS = 60_000;
/** Each after a longer wait, for a store that is busy; then the caller tries again later. */
const RETRIES = 2;
/** What an answer says of a failure, at most. */
const REASON_CHARS = 300;

/** The store refused, or what it answered can't be used. */
export class ObjectStoreError extends Error {
  override readonly name = "ObjectStoreError";
}

export class S3Objects implements ObjectStore {
  readonly #client: AwsClient;
  readonly #base: string;

  constructor({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Location) {
    const service = "s3";
    this.#client = new AwsClient({
      accessKeyId,
      secretAccessKey,
      region,
      service,
      retries: RETRIES,
    });
    this.#base = `${endpoint}/${bucket}`;
  }

  async put(key: string, data: Uint8Array<ArrayBuffer>): Promise<void> {
    const response = await this.#send(key, { method: "PUT", body: data });
    await this.#expect(response, [200, 201, 204], `PUT ${key}`);
    await response.body?.cancel();
  }

  async read(key: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#send(key, { headers: { range: `bytes=${start}-${end - 1}` } });
    await this.#expect(response, [206], `GET ${key}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length !== end - start) {
      throw new ObjectStoreError(`GET ${key}: ${bytes.length} bytes instead of ${end - start}`);
    }
    return bytes;
  }

  async remove(key: string): Promise<void> {
    const response = await this.#send(key, { method: "DELETE" });
    await this.#expect(response, [200, 202, 204, 404], `DELETE ${key}`);
    await response.body?.cancel();
  }

  #send(key: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(REQUEST_MS);
    return this.#client.fetch(`${this.#base}/${key}`, { ...init, signal });
  }

  async #expect(response: Response, statuses: readonly number[], what: string): Promise<void> {
    if (statuses.includes(response.status)) return;
    const reason = (await response.text().catch(() => "")).slice(0, REASON_CHARS);
    throw new ObjectStoreError(`${what}: ${response.status} ${reason}`);
  }
}
