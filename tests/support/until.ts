/**
 * Waits for what can't be awaited: the state of native code.
 */

/** Resolves when `holds` does, looking every 10 ms; rejects with `what` after `limitMs`. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  options: { what?: string; limitMs?: number } = {},
): Promise<void> {
  const limitMs = options.limitMs ?? 30_000;
  const deadline = performance.now() + limitMs;
  while (!await holds()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${limitMs} ms: ${options.what ?? holds}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
