/**
 * The binary frames of the room's WebSocket: y-protocols messages, one or more in a frame.
 *
 * Grammar (varuint and buffer as in lib0; y-protocols' PROTOCOL.md):
 *
 *     frame     = message+
 *     message   = 0 sync | 1 buffer(presence)
 *     sync      = 0 buffer(state vector) | 1 buffer(update) | 2 buffer(update)
 *     presence  = count (clientId clock string(JSON))*
 *
 * Invariant: readers answer `undefined` for anything that the grammar doesn't produce, trailing bytes included.
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

const SYNC = 0;
const PRESENCE = 1;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

/** One frame holds at most this many messages. */
export const MAX_FRAME_MESSAGES = 1024;
/** One presence message speaks for at most this many client ids. */
export const MAX_PRESENCE_ENTRIES = 1024;

/** A message as it was received; byte arrays are views into the frame. */
export type FrameMessage =
  /** "This is what I have": the other side answers with step 2. */
  | { type: "syncStep1"; stateVector: Uint8Array }
  /** What the asker lacked. */
  | { type: "syncStep2"; update: Uint8Array }
  /** A change. */
  | { type: "update"; update: Uint8Array }
  /** An awareness update: who looks where. Never stored. */
  | { type: "presence"; payload: Uint8Array };

/** One client's awareness state; `state` is JSON text, `"null"` once it is gone. */
export interface PresenceEntry {
  clientId: number;
  clock: number;
  state: string;
}

/** The messages of a frame, or undefined when it is malformed. */
export function readFrame(frame: Uint8Array): FrameMessage[] | undefined {
  const decoder = decoding.createDecoder(frame);
  const messages: FrameMessage[] = [];
  try {
    do {
      const message = readMessage(decoder);
      if (message === undefined || messages.length === MAX_FRAME_MESSAGES) return undefined;
      messages.push(message);
    } while (decoding.hasContent(decoder));
  } catch {
    return undefined;
  }
  return messages;
}

function readMessage(decoder: decoding.Decoder): FrameMessage | undefined {
  switch (decoding.readVarUint(decoder)) {
    case SYNC: {
      const step = decoding.readVarUint(decoder);
      const bytes = decoding.readVarUint8Array(decoder);
      if (step === UPDATE) return { type: "update", update: bytes };
      if (step === STEP_2) return { type: "syncStep2", update: bytes };
      return step === STEP_1 ? { type: "syncStep1", stateVector: bytes } : undefined;
    }
    case PRESENCE:
      return { type: "presence", payload: decoding.readVarUint8Array(decoder) };
    default:
      return undefined;
  }
}

/** Asks the other side for what `stateVector` (`Y.encodeStateVector`) lacks. */
export function writeSyncStep1(stateVector: Uint8Array): Uint8Array {
  return writeSync(STEP_1, [stateVector]);
}

/** Answers a step 1 with `Y.encodeStateAsUpdate(doc, stateVector)`. */
export function writeSyncStep2(update: Uint8Array): Uint8Array {
  return writeSync(STEP_2, [update]);
}

/** One frame for one or more changes, in order. */
export function writeUpdates(updates: readonly Uint8Array[]): Uint8Array {
  return writeSync(UPDATE, updates);
}

function writeSync(step: number, payloads: readonly Uint8Array[]): Uint8Array {
  // Sized by hand: lib0's growing encoder copies twice, and this runs for every update.
  let bytes = 0;
  for (const payload of payloads) bytes += 2 + varUintBytes(payload.length) + payload.length;
  const frame = new Uint8Array(bytes);
  let at = 0;
  for (const payload of payloads) {
    frame[at++] = SYNC;
    frame[at++] = step;
    let rest = payload.length;
    while (rest > 0x7f) {
      frame[at++] = 0x80 | (rest & 0x7f);
      rest >>>= 7;
    }
    frame[at++] = rest;
    frame.set(payload, at);
    at += payload.length;
  }
  return frame;
}

function varUintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

/** Wraps an awareness update (`encodeAwarenessUpdate`, or {@linkcode writePresence}'s payload). */
export function writePresenceFrame(payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, PRESENCE);
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

/** The entries of an awareness update, or undefined when it is malformed. */
export function readPresence(payload: Uint8Array): PresenceEntry[] | undefined {
  const decoder = decoding.createDecoder(payload);
  try {
    const count = decoding.readVarUint(decoder);
    if (count > MAX_PRESENCE_ENTRIES) return undefined;
    const entries: PresenceEntry[] = [];
    for (let n = 0; n < count; n++) {
      const clientId = decoding.readVarUint(decoder);
      const clock = decoding.readVarUint(decoder);
      const state = decoding.readVarString(decoder);
      JSON.parse(state);
      entries.push({ clientId, clock, state });
    }
    return decoding.hasContent(decoder) ? undefined : entries;
  } catch {
    return undefined;
  }
}

/** An awareness update of these entries, as y-protocols' `applyAwarenessUpdate` takes it. */
export function writePresence(entries: readonly PresenceEntry[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, entries.length);
  for (const { clientId, clock, state } of entries) {
    encoding.writeVarUint(encoder, clientId);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, state);
  }
  return encoding.toUint8Array(encoder);
}
