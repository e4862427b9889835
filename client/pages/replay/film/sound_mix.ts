/**
 * Everybody's sound as one, block by block.
 *
 * No I/O: decoded pieces come from an iterator. Frames' times are whole milliseconds, which is coarser than a sample:
 * a piece that follows the one before it within {@linkcode SLACK_SAMPLES} is joined to it, so that nothing crackles.
 */

export const SAMPLE_RATE = 48_000;
export const CHANNELS = 2;
const PER_MS = SAMPLE_RATE / 1000;
const SLACK_SAMPLES = 15 * PER_MS;
/** Above this, sound is bent rather than cut off. */
const KNEE = 0.8;

/** The part of mediabunny's `AudioSample` that is used. `timestamp` in seconds of the track's own time. */
export interface DecodedSound {
  readonly timestamp: number;
  readonly numberOfFrames: number;
  readonly numberOfChannels: number;
  copyTo(
    destination: Float32Array<ArrayBuffer>,
    options: { planeIndex: number; format: "f32-planar" },
  ): void;
  close(): void;
}

/** One plane a channel. */
export type Block = readonly Float32Array<ArrayBuffer>[];

interface Piece {
  /** The sample of the lesson's timeline at which it begins. */
  at: number;
  planes: Block;
}

export function silence(samples: number): Block {
  return Array.from({ length: CHANNELS }, () => new Float32Array(samples));
}

/** One track's sound on the lesson's timeline, at times that only go forward. */
export class TrackSound {
  #piece: Piece | null = null;
  #expected: number | null = null;

  constructor(
    private readonly startMs: number,
    private readonly pieces: AsyncIterator<DecodedSound>,
  ) {}

  /** Adds what sounds from this sample of the lesson on to the block, beginning at one of the block's samples. */
  async addTo(block: Block, from: number, at: number, samples: number): Promise<void> {
    while (true) {
      this.#piece ??= await this.#read();
      const piece = this.#piece;
      if (piece === null || piece.at >= from + samples) return;
      const length = piece.planes[0]!.length;
      const begin = Math.max(piece.at, from);
      const end = Math.min(piece.at + length, from + samples);
      for (const [channel, target] of block.entries()) {
        const source = piece.planes[channel] ?? piece.planes[0]!;
        for (let sample = begin; sample < end; sample++) {
          target[at + sample - from]! += source[sample - piece.at]!;
        }
      }
      if (piece.at + length > from + samples) return;
      this.#piece = null;
    }
  }

  async #read(): Promise<Piece | null> {
    const { value, done } = await this.pieces.next();
    if (done) return null;
    const planes = Array.from(
      { length: Math.min(CHANNELS, value.numberOfChannels) },
      (_, plane) => {
        const samples = new Float32Array(value.numberOfFrames);
        value.copyTo(samples, { planeIndex: plane, format: "f32-planar" });
        return samples;
      },
    );
    const said = Math.round((this.startMs + value.timestamp * 1000) * PER_MS);
    value.close();
    const expected = this.#expected;
    const at = expected !== null && Math.abs(said - expected) <= SLACK_SAMPLES ? expected : said;
    this.#expected = at + planes[0]!.length;
    return { at, planes };
  }
}

/** Keeps several voices at once within what a sample can hold. */
export function soften(block: Block): void {
  for (const plane of block) {
    for (let index = 0; index < plane.length; index++) {
      const value = plane[index]!;
      const over = Math.abs(value) - KNEE;
      if (over <= 0) continue;
      plane[index] = Math.sign(value) * (KNEE + (1 - KNEE) * Math.tanh(over / (1 - KNEE)));
    }
  }
}
