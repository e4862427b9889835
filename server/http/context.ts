/** What the routes need from outside, and what a request carries along. */
import type { ApiKeys } from "../../db/api_keys.ts";
import type { Assets } from "../../db/assets.ts";
import type { BookingStore } from "../../db/storage.ts";
import type { AttemptLimiter } from "../../rooms/ports.ts";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import type { Rooms } from "../socket/ports.ts";

export interface HttpDeps {
  meetings: BookingStore;
  apiKeys: Pick<ApiKeys, "verify">;
  assets: Pick<Assets, "add" | "find" | "totals">;
  rooms: Rooms;
  attempts: AttemptLimiter;
  logger: Logger;
  metrics: Metrics;
  /** Unix ms. */
  now(): number;
  /** Rejects with the reason while the instance can't serve lessons. */
  ready(): Promise<void>;
  /** Scheme and host that people's links begin with. */
  publicUrl: string;
  tryIt: boolean;
  trustProxy: boolean;
  version: string;
  /** The built client. */
  clientDir: string;
}

export interface HttpEnv {
  Bindings: {
    /** The peer of the TCP connection: the proxy, when there is one. */
    remoteAddress: string;
  };
  Variables: {
    /** The caller's address, as it is logged and counted. */
    address: string;
  };
}
