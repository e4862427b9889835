/**
 * Several updates as one row of the database: their bytes one after the other, and JSON that tells them apart.
 *
 * A group of the journal holds what was committed at once, of any meetings: `[[meetingId, at, bytes], …]`. A block holds
 * a stretch of one meeting's log: `[[seq, at, bytes], …]`, where seq and at are the distance from the entry before.
 * Invariant: the number of an update is that of its group times {@linkcode SEQS_PER_GROUP} plus its place in it, so
 * numbers rise with the journal and are never used twice.
 * What isn't so, because a row is damaged, can't be unpacked: the answer is undefined.
 */
import type { LogRow } from "../../rooms/ports.ts";

/** Also in the migration that made the journal. */
const SEQS_PER_GROUP = 65536;
export const MAX_GROUP_ROWS = SEQS_PER_GROUP - 1;

/** One update that is to be logged. */
export interface NewRow {
  meetingId: string;
  at: number;
  update: Uint8Array;
}

/** Columns of a group or block. */
export interface Packed {
  entries: string;
  data: Uint8Array;
}

export interface PackedBlock extends Packed {
  first_seq: number;
  last_seq: number;
  row_count: number;
}

/** The number of the last of `rows` updates of a group. */
export function lastSeqOf(group: number, rows: number): number {
  return group * SEQS_PER_GROUP + rows - 1;
}

export function packGroup(rows: readonly NewRow[]): Packed {
  return {
    entries: JSON.stringify(
      rows.map(({ meetingId, at, update }) => [meetingId, at, update.length]),
    ),
    data: concat(rows),
  };
}

/** The updates of a group, each with its meeting. */
export function unpackGroup(
  group: number,
  packed: Packed,
): [meetingId: string, row: LogRow][] | undefined {
  return unpack(packed)?.map(({ key: meetingId, at, update }, n) => [
    `${meetingId}`,
    { seq: group * SEQS_PER_GROUP + n, at, update },
  ]);
}

/** `rows`: at least one, of one meeting, in order. */
export function packBlock(rows: readonly LogRow[]): PackedBlock {
  let seq = 0;
  let at = 0;
  const entries = rows.map((row) => {
    const entry = [row.seq - seq, row.at - at, row.update.length];
    seq = row.seq;
    at = row.at;
    return entry;
  });
  return {
    first_seq: rows[0]?.seq ?? 0,
    last_seq: seq,
    row_count: rows.length,
    entries: JSON.stringify(entries),
    data: concat(rows),
  };
}

export function unpackBlock(packed: Packed): LogRow[] | undefined {
  const entries = unpack(packed);
  if (entries?.every(({ key }) => Number.isSafeInteger(key)) !== true) return undefined;
  let seq = 0;
  let at = 0;
  return entries.map(({ key: seqs, at: ms, update }) => {
    seq += seqs as number;
    at += ms;
    return { seq, at, update };
  });
}

/** Each `[key, at, bytes]` with its bytes. */
function unpack(
  { entries, data }: Packed,
): { key: unknown; at: number; update: Uint8Array }[] | undefined {
  const list = parse(entries);
  if (!Array.isArray(list) || !(data instanceof Uint8Array)) return undefined;
  let offset = 0;
  const rows: { key: unknown; at: number; update: Uint8Array }[] = [];
  for (const entry of list) {
    if (!Array.isArray(entry)) return undefined;
    const [key, at, bytes] = entry as unknown[];
    if (!Number.isFinite(at) || !isLength(bytes) || offset + bytes > data.length) return undefined;
    rows.push({ key, at: at as number, update: data.subarray(offset, offset + bytes) });
    offset += bytes;
  }
  return rows;
}

function parse(entries: string): unknown {
  try {
    return JSON.parse(entries);
  } catch {
    return undefined;
  }
}

function isLength(bytes: unknown): bytes is number {
  return Number.isSafeInteger(bytes) && (bytes as number) >= 0;
}

function concat(rows: readonly { update: Uint8Array }[]): Uint8Array {
  let bytes = 0;
  for (const { update } of rows) bytes += update.length;
  const data = new Uint8Array(bytes);
  let offset = 0;
  for (const { update } of rows) {
    data.set(update, offset);
    offset += update.length;
  }
  return data;
}
