/** What the agreement of keys asks of the page and of the room's socket, and what it tells them. */
import type { Secret } from "../../rooms/contract/encryption/secret.ts";
import type { PageKeys } from "../../rooms/contract/encryption/wrapping.ts";
import type { ParamsOf, ResultOf } from "../../rooms/contract/protocol/messages.ts";
import type { RecordingSecrets } from "./recording_chain.ts";

type KeyMethod = "keys.announce" | "keys.distribute" | "keys.ask";

export interface AgreementPorts {
  meetingId: string;
  /** This page's participant id. */
  me: string;
  keys: PageKeys;
  kept: RecordingSecrets;
  request<M extends KeyMethod>(method: M, params: ParamsOf<M>): Promise<ResultOf<M>>;
  /** Whether this page shows somebody as being in the room. */
  isShown(participantId: string): boolean;
  /** From here on this page can decrypt this epoch: others may be quicker than the answer that it is everybody's. */
  hold(epoch: Secret): void;
  /** From here on this page encrypts in this epoch, and can decrypt it. */
  enter(epoch: Secret): void;
  /** From here on this page encrypts and sends nothing, until it enters an epoch. */
  leave(): void;
  /** A fault of ours. */
  report(error: unknown): void;
  goneGraceMs?: number;
}
