/**
 * Effects run as soon as what they belong to is in the page, as React runs them after a press or a key.
 *
 * Preact waits for the next frame. tldraw gives a text its focus in an effect, and what is typed in that frame would
 * be taken for the keys of tools.
 */
import { options } from "preact";

options.requestAnimationFrame = queueMicrotask;
