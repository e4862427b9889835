/** What a page shows that came from no catalogue, and what of it is cut. */
import type { Page } from "playwright-core";
import { ACCENTS } from "./pseudo.ts";

/** Texts of the page and its attributes that are no message; names and the like stand under `translate="no"`. */
export function foreignTexts(page: Page): Promise<string[]> {
  return page.evaluate((accents) => {
    const READ = ["aria-label", "aria-description", "aria-roledescription", "aria-valuetext"]
      .concat("title", "placeholder", "alt");
    const isMessage = (text: string) => [...text].some((char) => accents.includes(char));
    /** What stands beside messages in the same text. */
    const rest = (text: string) =>
      text.replace(/⟦[^⟧]*⟧/g, "").replace(/^[^⟦]*⟧/, "").replace(/⟦[^⟧]*$/, "");
    const isForeign = (text: string) => {
      const beside = /[⟦⟧]/.test(text) ? rest(text) : isMessage(text) ? "" : text;
      return /\p{L}/u.test(beside);
    };
    const found: string[] = [];
    const title = document.title.replace(/\s*·?\s*Lectern$/, "");
    if (isForeign(title)) found.push(`title: ${title}`);
    const walker = document.createTreeWalker(
      document.body,
      NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT,
      (node) =>
        node instanceof Element && node.matches("script, style, noscript, [translate=no]")
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_ACCEPT,
    );
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node instanceof Element) {
        for (const name of READ) {
          const text = node.getAttribute(name);
          if (text && isForeign(text)) found.push(`${node.localName} ${name}: ${text}`);
        }
      } else if (isForeign(node.nodeValue ?? "")) {
        found.push(`${node.parentElement?.localName}: ${node.nodeValue?.trim()}`);
      }
    }
    return [...new Set(found)];
  }, ACCENTS);
}

/** Elements whose text is wider or higher than they show, and the page itself where it would have to be pushed sideways. */
export function cutTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(`page: ${root.scrollWidth} px wide`);
    for (const element of document.body.querySelectorAll<HTMLElement>("*")) {
      const hasText = [...element.childNodes].some((node) =>
        node instanceof Text && node.data.trim() !== ""
      );
      // Fields scroll, and what is for screen readers alone is cut on purpose.
      if (!hasText || element.closest(".unseen") || !element.checkVisibility()) continue;
      const { overflowX, overflowY } = getComputedStyle(element);
      const hides = (overflow: string) => overflow === "hidden" || overflow === "clip";
      if (
        hides(overflowX) && element.scrollWidth > element.clientWidth + 1 ||
        hides(overflowY) && element.scrollHeight > element.clientHeight + 1
      ) found.push(`${element.localName}.${element.className}: ${element.textContent}`);
    }
    return found;
  });
}
