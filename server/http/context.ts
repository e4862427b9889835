/** What the routes need from outside, and what a request carries along. */
import type { ApiKey, ApiKeys } from "../../db/api_keys.ts";
import type { Assets } from "../../db/assets.ts";
import type { EarlierLessons } from "../../db/earlier_lessons.ts";
import type { Idempotency } from "../../db/idempotency.ts";
import type { KeyEnvelopes } from "../../db/key_envelopes.ts";
import type { LessonsLinks } from "../../db/lessons_links.ts";
import type { Thumbnails } from "../../db/thumbnails.ts";
import type { Webhooks } from "../../db/outbox/webhooks.ts";
import type { BookingStore } from "../../db/storage.ts";
import type { MonotonicMs, UnixMs } from "../../rooms/clocks.ts";
import type { Logger } from "../../rooms/contract/logger.ts";
import type { RecordingLibrary } from "../../recorder/library.ts";
import type { AttemptLimiter } from "../../rooms/ports.ts";
import type { Metrics } from "../metrics.ts";
import type { Outbound } from "../notify/outbound.ts";
import type { Caller, Rooms } from "../socket/ports.ts";

export interface HttpDeps {
  meetings: BookingStore;
  apiKeys: Pick<ApiKeys, "verify" | "issue" | "list" | "revoke">;
  idempotency: Pick<Idempotency, "begin" | "keep" | "forget">;
  keyEnvelopes: Pick<KeyEnvelopes, "list" | "booked" | "custodianOf" | "setCustodian">;
  lessonsLinks: Pick<LessonsLinks, "issue" | "find" | "revoke">;
  assets: Pick<Assets, "add" | "copy" | "find" | "totals">;
  thumbnails: Pick<Thumbnails, "among" | "find" | "put">;
  earlier: Pick<EarlierLessons, "list" | "may">;
  webhooks: Omit<Webhooks, "claim" | "attempted" | "disable">;
  /** Says what is wrong with an address that webhooks should go to. */
  outbound: Pick<Outbound, "check">;
  rooms: Rooms;
  library: RecordingLibrary;
  attempts: AttemptLimiter;
  logger: Logger;
  metrics: Metrics;
  now(): UnixMs;
  clock(): MonotonicMs;
  /** How long lessons are kept after their end, in milliseconds; null for ever. */
  retentionMs: number | null;
  /** Rejects with the reason while the instance can't serve lessons; answers what else isn't as it should be. */
  ready(): Promise<readonly string[]>;
  /** Scheme and host that people's links begin with. */
  publicUrl: string;
  tryIt: boolean;
  trustProxy: boolean;
  /** What one API key may ask in a minute. */
  apiRequestsPerMinute: number;
  version: string;
  /** The built client. */
  clientDir: string;
}

/**
 * What one route takes of all this: of a store the methods that are named, anything else whole.
 * A route that declares `Uses<{ meetings: "read"; now: true }>` can reach nothing more.
 */
export type Uses<
  Named extends { [Port in keyof HttpDeps]?: true | keyof NonNullable<HttpDeps[Port]> },
> = {
  [Port in keyof HttpDeps & keyof Named]: Named[Port] extends true ? HttpDeps[Port]
    : Pick<HttpDeps[Port], Named[Port] & keyof HttpDeps[Port]>;
};

export interface HttpEnv {
  Bindings: {
    /** The peer of the TCP connection: the proxy, when there is one. */
    remoteAddress: string;
    /** That connection, where the kernel can be asked about it. */
    connection?: Caller["connection"];
  };
  Variables: {
    /** The caller's address, as it is logged and counted. */
    address: string;
    /** Under `/api/v1`: whose request it is. */
    apiKey: ApiKey;
    apiKeyText: string;
  };
}
