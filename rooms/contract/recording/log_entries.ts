/**
 * How pieces of a recording's log go over the wire: entries one after the other, each with its time.
 *
 *     entry = kind (1 byte) · time (4 bytes) · length (4 bytes) · payload
 *
 * Numbers are big-endian; the time is in ms from the recording's start. Entries stand in the order of their times.
 */

export const ENTRY_KINDS = ["snapshot", "update", "presence", "speaker"] as const;

/**
 * `snapshot`: a whole document state as a Yjs update; what was there before it is to be forgotten.
 * `update`: a Yjs update. `presence`: an awareness update (y-protocols). `speaker`: the participant id of who
 * speaks loudest from here on, empty for nobody.
 */
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface LogEntry {
  kind: EntryKind;
  /** From the recording's start. */
  atMs: number;
  payload: Uint8Array;
}

const HEAD_BYTES = 9;

/** The bytes that these entries take. */
export function entriesBytes(payloads: Iterable<number>): number {
  let bytes = 0;
  for (const payloadBytes of payloads) bytes += HEAD_BYTES + payloadBytes;
  return bytes;
}

export function writeEntries(entries: readonly LogEntry[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(entriesBytes(entries.map(({ payload }) => payload.length)));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { kind, atMs, payload } of entries) {
    bytes[at] = ENTRY_KINDS.indexOf(kind);
    view.setUint32(at + 1, Math.max(0, Math.round(atMs)));
    view.setUint32(at + 5, payload.length);
    bytes.set(payload, at + HEAD_BYTES);
    at += HEAD_BYTES + payload.length;
  }
  return bytes;
}

/** The entries of a whole answer; undefined when it is cut off. Kinds of a later version are passed over. */
export function readEntries(bytes: Uint8Array): LogEntry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: LogEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + HEAD_BYTES > bytes.length) return undefined;
    const kind = ENTRY_KINDS[view.getUint8(at)];
    const atMs = view.getUint32(at + 1);
    const end = at + HEAD_BYTES + view.getUint32(at + 5);
    if (end > bytes.length) return undefined;
    if (kind !== undefined) {
      entries.push({ kind, atMs, payload: bytes.subarray(at + HEAD_BYTES, end) });
    }
    at = end;
  }
  return entries;
}
