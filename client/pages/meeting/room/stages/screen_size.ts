/** Whether the room has the width of a phone (or of a page at 200%): one signal for every part. */
import { type ReadonlySignal, signal } from "@preact/signals";

const query = matchMedia("(max-width: 720px)");
const current = signal(query.matches);
query.addEventListener("change", () => current.value = query.matches);

export const narrow: ReadonlySignal<boolean> = current;
