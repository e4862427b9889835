/**
 * LaTeX to markup that may be shown as it is: MathLive writes it, and nothing but its spans and lines is let through,
 * because the LaTeX comes from other people.
 */
import "mathlive/static.css";
import { convertLatexToMarkup } from "mathlive/ssr";

const ELEMENTS: ReadonlySet<string> = new Set(["SPAN", "SVG", "PATH", "LINE", "G"]);
const ATTRIBUTES: ReadonlySet<string> = new Set([
  "class",
  "style",
  "aria-hidden",
  "width",
  "height",
  "viewbox",
  "preserveaspectratio",
  "d",
  "x1",
  "x2",
  "y1",
  "y2",
  "stroke-width",
]);

export function mathMarkup(tex: string): string {
  const markup = convertLatexToMarkup(tex, { defaultMode: "math" });
  // A template's content is inert: nothing in it loads or runs while it is looked through.
  const template = document.createElement("template");
  template.innerHTML = markup;
  for (const element of [...template.content.querySelectorAll("*")]) {
    if (!ELEMENTS.has(element.tagName.toUpperCase())) {
      element.replaceWith(...element.childNodes);
      continue;
    }
    for (const { name, value } of [...element.attributes]) {
      const allowed = ATTRIBUTES.has(name.toLowerCase()) &&
        !/url\s*\(|position\s*:\s*fixed/i.test(value);
      if (!allowed) element.removeAttribute(name);
    }
  }
  return template.innerHTML;
}
