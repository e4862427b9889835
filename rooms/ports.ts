/**
 * What a room needs from outside, as interfaces. `db` implements them; `main.ts` hands them over.
 */

/** One committed update of a meeting's document. */
export interface LogRow {
  seq: number;
  /** Unix ms at which the server applied it. */
  at: number;
  update: Uint8Array;
}

export interface Snapshot {
  /** The last row that the state contains. */
  seq: number;
  at: number;
  /** `Y.encodeStateAsUpdate` of the document. */
  state: Uint8Array;
}

/** The append-only log of a meeting's document. Resolves only when the rows are durable. */
export interface UpdateLog {
  /** Appends in order, as one commit; answers the seq of the last row. */
  append(meetingId: string, rows: readonly { at: number; update: Uint8Array }[]): Promise<number>;
  /** The newest snapshot (or null) and every later row, oldest first. */
  load(meetingId: string): Promise<{ snapshot: Snapshot | null; rows: LogRow[] }>;
  saveSnapshot(meetingId: string, snapshot: Snapshot): Promise<void>;
}

/** Which participant each Yjs client id belongs to. Bindings survive reconnects, reloads and restarts. */
export interface ClientIdStore {
  /** All bindings of a meeting. */
  load(meetingId: string): Promise<Map<number, string>>;
  /** Binds; resolves false when another participant holds the id. */
  bind(meetingId: string, clientId: number, participantId: string): Promise<boolean>;
}
