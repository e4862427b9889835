/**
 * How what gets through to one subscriber is shared among the videos that they see. Pure.
 *
 * Everybody's lowest layer comes first, then better ones, the most prominent video's first; what is left goes to
 * those who could use it. Audio is not part of it: it is taken off before. A layer is kept a little longer than it
 * would be taken anew, so that a wavering estimate doesn't switch to and fro.
 */

const KEEP = 0.9;
/** A layer is taken when there is room for this many of it. */
export const TAKE = 1.15;

/** One video. */
export interface PictureRequest {
  /** For each layer up to the one that suits its size, in bits a second. */
  layers: readonly LayerNeed[];
  /** The layer that it has; −1 for none. */
  current: number;
  /** Larger comes first. */
  priority: number;
}

export interface LayerNeed {
  /** The least that it takes. */
  least: number;
  /** What it could use. */
  most: number;
}

export interface Grant {
  /** −1 when there is no room for any. */
  layer: number;
  bitsPerSecond: number;
}

/** A grant for each request, in their order. */
export function allocate(requests: readonly PictureRequest[], bitsPerSecond: number): Grant[] {
  const grants = requests.map((): Grant => ({ layer: -1, bitsPerSecond: 0 }));
  const order = requests.map((_, i) => i)
    .sort((a, b) => requests[b]!.priority - requests[a]!.priority);
  let left = bitsPerSecond;
  const take = (i: number, layer: number): boolean => {
    const { layers, current } = requests[i]!;
    const grant = grants[i]!;
    const { least } = layers[layer]!;
    const threshold = least * (layer <= current ? KEEP : TAKE);
    if (left + grant.bitsPerSecond < threshold) return false;
    left -= least - grant.bitsPerSecond;
    grant.layer = layer;
    grant.bitsPerSecond = least;
    return true;
  };
  for (const i of order) if (requests[i]!.layers.length > 0) take(i, 0);
  for (const i of order) {
    if (grants[i]!.layer < 0) continue;
    for (let layer = requests[i]!.layers.length - 1; layer > 0; layer--) {
      if (take(i, layer)) break;
    }
  }
  for (const i of order) {
    const grant = grants[i]!;
    const need = requests[i]!.layers[grant.layer];
    if (need === undefined) continue;
    const more = Math.max(0, Math.min(left, need.most - grant.bitsPerSecond));
    grant.bitsPerSecond += more;
    left -= more;
  }
  return grants;
}
