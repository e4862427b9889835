/**
 * What each person does in a meeting, counted while it happens: talking, media, drawing, code, chat, connection.
 *
 * It looks at nothing but what the room does anyway: no timer of its own, no walk over the document.
 * Invariant: every stretch and every stroke is handed to the store once; what was counted but not yet handed over is
 * lost with the process, at most {@linkcode KEEP_MS} of it.
 */
import type * as Y from "yjs";
import type { MonotonicMs } from "./clocks.ts";
import { mapsAddedTo } from "./contract/document/reading.ts";
import {
  filesOf,
  type MediaState,
  type ParticipantFields,
  runsOf,
  whiteboardOf,
} from "./contract/document/schema.ts";
import { Member } from "./member.ts";
import type { ActivityCounts, MeetingStore } from "./ports.ts";

const KEEP_MS = 30_000;
/** Fewer packets say nothing about a network. */
const FEWEST_PACKETS = 10;

/** From here on a stretch of sending counts as fair, and as poor. */
const FAIR = { loss: 0.02, jitterMs: 30 };
const POOR = { loss: 0.08, jitterMs: 80 };

type Clock = "talkMs" | "audioMs" | "videoMs" | "screenMs" | "awayMs";
const CLOCKS: readonly Clock[] = ["talkMs", "audioMs", "videoMs", "screenMs", "awayMs"];

/** What arrived of one person's producers within a span. */
export interface ReceivedSpan {
  packets: number;
  lost: number;
  jitterMs: number;
  spanMs: number;
}

export interface ActivityPorts {
  meetingId: string;
  store: Pick<MeetingStore, "recordActivity">;
  failed(error: unknown): void;
}

interface Tally {
  counts: ActivityCounts;
  /** Clocks that run, and since when. */
  running: Map<Clock, MonotonicMs>;
}

interface WatchedRoots {
  board: ReturnType<typeof whiteboardOf>;
  files: ReturnType<typeof filesOf>;
  runs: ReturnType<typeof runsOf>;
}

export const NO_ACTIVITY: Readonly<ActivityCounts> = {
  talkMs: 0,
  audioMs: 0,
  videoMs: 0,
  screenMs: 0,
  awayMs: 0,
  drops: 0,
  strokes: 0,
  edits: 0,
  runs: 0,
  messages: 0,
  packets: 0,
  packetsLost: 0,
  goodMs: 0,
  fairMs: 0,
  poorMs: 0,
};

export class Activity {
  readonly #people = new Map<string, Tally>();
  #keptAt: MonotonicMs = -Infinity;

  constructor(private readonly ports: ActivityPorts) {}

  /** Counts what members change in this document, from here on. */
  watch(doc: Y.Doc): void {
    const roots = { board: whiteboardOf(doc), files: filesOf(doc), runs: runsOf(doc) };
    doc.on("afterTransaction", (transaction: Y.Transaction) => {
      const { origin } = transaction;
      if (origin instanceof Member) this.#changed(origin.person.id, roots, transaction);
    });
  }

  /** A person's fields are so from now on. */
  shown(participantId: string, fields: ParticipantFields, now: MonotonicMs): void {
    const tally = this.#of(participantId);
    const here = fields.connection !== "left";
    const away = fields.connection === "reconnecting";
    if (away && !tally.running.has("awayMs")) tally.counts.drops++;
    turn(tally, "awayMs", away, now);
    turn(tally, "audioMs", here && isLive(fields.audio), now);
    turn(tally, "videoMs", here && isLive(fields.video), now);
    turn(tally, "screenMs", here && isLive(fields.screen), now);
    if (!tally.running.has("audioMs")) turn(tally, "talkMs", false, now);
  }

  /** These people speak from now on, and nobody else. */
  heard(participantIds: readonly string[], now: MonotonicMs): void {
    for (const [id, tally] of this.#people) {
      const speaks = participantIds.includes(id) && tally.running.has("audioMs");
      turn(tally, "talkMs", speaks, now);
    }
  }

  /** A chat message was written. */
  wrote(participantId: string): void {
    this.#of(participantId).counts.messages++;
  }

  /** How well somebody's audio and video arrived of late. */
  received(participantId: string, { packets, lost, jitterMs, spanMs }: ReceivedSpan): void {
    const { counts } = this.#of(participantId);
    counts.packets += packets;
    counts.packetsLost += lost;
    if (packets + lost < FEWEST_PACKETS) return;
    const loss = lost / (packets + lost);
    if (loss >= POOR.loss || jitterMs >= POOR.jitterMs) counts.poorMs += spanMs;
    else if (loss >= FAIR.loss || jitterMs >= FAIR.jitterMs) counts.fairMs += spanMs;
    else counts.goodMs += spanMs;
  }

  /** Hands over what was counted when that is due. */
  tick(now: MonotonicMs): Promise<void> | undefined {
    if (this.#keptAt === -Infinity) this.#keptAt = now;
    return now - this.#keptAt >= KEEP_MS ? this.keep(now) : undefined;
  }

  /** Hands over what was counted. Never rejects; what couldn't be kept is handed over with the next. */
  async keep(now: MonotonicMs): Promise<void> {
    this.#keptAt = now;
    const taken = this.#take(now);
    if (taken.length === 0) return;
    try {
      await this.ports.store.recordActivity(this.ports.meetingId, taken);
    } catch (error) {
      for (const { participantId, counts } of taken) add(this.#of(participantId).counts, counts);
      this.ports.failed(error);
    }
  }

  #take(now: MonotonicMs): { participantId: string; counts: ActivityCounts }[] {
    const taken = [];
    for (const [participantId, tally] of this.#people) {
      for (const clock of CLOCKS) {
        if (!tally.running.has(clock)) continue;
        turn(tally, clock, false, now);
        turn(tally, clock, true, now);
      }
      const { counts } = tally;
      if (Object.values(counts).every((count) => count === 0)) continue;
      tally.counts = { ...NO_ACTIVITY };
      taken.push({ participantId, counts });
    }
    return taken;
  }

  #changed(
    participantId: string,
    { board, files, runs }: WatchedRoots,
    transaction: Y.Transaction,
  ): void {
    const { changed, beforeState } = transaction;
    const { counts } = this.#of(participantId);
    for (const [type, keys] of changed) {
      const known: unknown = type;
      if (known === board) {
        for (const key of keys) if (isNewShape(board, key, beforeState)) counts.strokes++;
      } else if (known === runs) {
        counts.runs += mapsAddedTo(runs, transaction).length;
      } else if (known === files || type.parent?.parent === files) counts.edits++;
    }
  }

  #of(participantId: string): Tally {
    let tally = this.#people.get(participantId);
    if (tally === undefined) {
      tally = { counts: { ...NO_ACTIVITY }, running: new Map() };
      this.#people.set(participantId, tally);
    }
    return tally;
  }
}

function turn({ counts, running }: Tally, clock: Clock, on: boolean, now: MonotonicMs): void {
  const since = running.get(clock);
  if (on && since === undefined) running.set(clock, now);
  if (on || since === undefined) return;
  running.delete(clock);
  counts[clock] += Math.max(0, now - since);
}

function add(to: ActivityCounts, counts: ActivityCounts): void {
  for (const [name, count] of Object.entries(counts)) to[name as keyof ActivityCounts] += count;
}

function isLive({ on, stoppedByHost, producerId }: MediaState): boolean {
  return on && !stoppedByHost && producerId !== null;
}

/** Something put on the board under a name that never stood there before. */
function isNewShape(
  board: Y.Map<unknown>,
  key: string | null,
  before: ReadonlyMap<number, number>,
): boolean {
  if (!key?.startsWith("shape:")) return false;
  const item = board._map.get(key);
  return item !== undefined && item.left === null &&
    item.id.clock >= (before.get(item.id.client) ?? 0);
}
