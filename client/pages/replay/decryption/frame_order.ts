/**
 * Whether frames of a recording stand where they were sent: the server could show one moment in another's place.
 *
 * A page counts all that it sends with one counter (ENCRYPTION.md, *Frames*), so what it sent later has the higher one. Nothing
 * is known of a moment that is seen alone; what contradicts what was read before, in whatever order, is out of place.
 * No I/O. Memory is bounded: of each page the stretches that were read last.
 */

/** Frames of one track are in order, but for those around a change of the simulcast layer. */
export const WITHIN_TRACK_MS = 1000;
/** A track stands by its packets' arrival until its sender's first report. */
export const BETWEEN_TRACKS_MS = 5000;
const STRETCH_MS = 1000;
/** Of five tracks it is two and a half hours. */
const MAX_STRETCHES = 50_000;
const MAX_PAGES = 256;

export interface Page {
  participantId: string;
  sender: number;
}

export interface PlacedFrame {
  /** On the recording's timeline. */
  atMs: number;
  counter: number;
}

/** At most {@linkcode STRETCH_MS} of a track's frames. */
interface Stretch {
  trackId: string;
  fromMs: number;
  toMs: number;
  least: number;
  most: number;
}

export class FrameOrder {
  /** By page, then by track and time. */
  readonly #pages = new Map<string, Map<string, Stretch>>();

  /** Says of each frame whether it may stand there. The frames are of one page and track, in the order of its file. */
  admit(page: Page, trackId: string, frames: readonly PlacedFrame[]): boolean[] {
    const known = this.#stretchesOf(page);
    const admitted: boolean[] = [];
    for (let start = 0; start < frames.length;) {
      const { atMs: fromMs } = frames[start]!;
      let end = start + 1;
      while (end < frames.length && Math.abs(frames[end]!.atMs - fromMs) < STRETCH_MS) end++;
      admitted.push(...admitStretch(known, trackId, frames.slice(start, end)));
      start = end;
    }
    return admitted;
  }

  #stretchesOf({ participantId, sender }: Page): Map<string, Stretch> {
    const name = `${sender} ${participantId}`;
    const stretches = this.#pages.get(name) ?? new Map<string, Stretch>();
    this.#pages.delete(name);
    this.#pages.set(name, stretches);
    dropOldest(this.#pages, MAX_PAGES);
    return stretches;
  }
}

function admitStretch(
  known: Map<string, Stretch>,
  trackId: string,
  frames: readonly PlacedFrame[],
): boolean[] {
  const times = frames.map(({ atMs }) => atMs);
  const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
  let above = -1;
  let below = Infinity;
  for (const other of known.values()) {
    const apartMs = other.trackId === trackId ? WITHIN_TRACK_MS : BETWEEN_TRACKS_MS;
    if (other.toMs + apartMs < fromMs) above = Math.max(above, other.most);
    if (other.fromMs - apartMs > toMs) below = Math.min(below, other.least);
  }
  const taken = new Set<number>();
  const admitted = frames.map(({ counter }) => {
    const fits = counter > above && counter < below && !taken.has(counter);
    if (fits) taken.add(counter);
    return fits;
  });
  if (taken.size > 0) note(known, { trackId, fromMs, toMs, ...extentOf(taken) });
  return admitted;
}

/** What is read again stands where it stood. */
function note(known: Map<string, Stretch>, stretch: Stretch): void {
  const name = `${stretch.trackId} ${stretch.fromMs}`;
  const before = known.get(name);
  known.delete(name);
  known.set(name, {
    ...stretch,
    toMs: Math.max(stretch.toMs, before?.toMs ?? -Infinity),
    least: Math.min(stretch.least, before?.least ?? Infinity),
    most: Math.max(stretch.most, before?.most ?? -1),
  });
  dropOldest(known, MAX_STRETCHES);
}

function extentOf(counters: ReadonlySet<number>): { least: number; most: number } {
  return { least: Math.min(...counters), most: Math.max(...counters) };
}

function dropOldest<V>(map: Map<string, V>, limit: number): void {
  const [oldest] = map.keys();
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
