/**
 * Time-limited credentials of a TURN server that knows the same secret, as coturn's `use-auth-secret` takes them
 * (draft-uberti-behave-turn-rest-00). Nobody can use the relay for long without a lesson here.
 */
import { createHmac } from "node:crypto";
import type { TransportOptions } from "../../../rooms/contract/protocol/rtp.ts";

export interface TurnOptions {
  /** Such as `turn:turn.example.org:3478?transport=udp`. */
  urls: readonly string[];
  secret: string;
}

/** Longer than any lesson: an ICE restart uses them again. */
const VALID_MS = 12 * 3_600_000;

type IceServer = NonNullable<TransportOptions["iceServers"]>[number];

/** What a browser is told of the relay. `name` tells users of it apart in its log. */
export function turnServer({ urls, secret }: TurnOptions, name: string, nowMs: number): IceServer {
  const username = `${Math.floor((nowMs + VALID_MS) / 1000)}:${name}`;
  const credential = createHmac("sha1", secret).update(username).digest("base64");
  return { urls: [...urls], username, credential };
}
