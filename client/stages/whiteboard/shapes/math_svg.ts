/**
 * LaTeX to paths, for exports: MathLive's markup needs a page with its fonts, a drawing has to show its formulas
 * anywhere. Loaded when something is exported. The LaTeX comes from other people: of MathJax only what typesets is
 * taken along, nothing that links, styles or runs.
 */
import { liteAdaptor } from "mathjax-full/js/adaptors/liteAdaptor.js";
import { RegisterHTMLHandler } from "mathjax-full/js/handlers/html.js";
import "mathjax-full/js/input/tex/ams/AmsConfiguration.js";
import "mathjax-full/js/input/tex/configmacros/ConfigMacrosConfiguration.js";
import { TeX } from "mathjax-full/js/input/tex.js";
import { mathjax } from "mathjax-full/js/mathjax.js";
import { SVG } from "mathjax-full/js/output/svg.js";

/** A formula as the content of an `svg` element; its view box is in thousandths of an em. */
export interface DrawnFormula {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Elements that take the colour of their surroundings. */
  content: string;
}

/** What MathLive writes beyond LaTeX's own. */
const MACROS = { exponentialE: "e", imaginaryI: "i", imaginaryJ: "j", differentialD: "d" };
const MAX_MACROS = 200;

const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
const typesetter = mathjax.document("", {
  InputJax: new TeX({
    packages: ["base", "ams", "configmacros"],
    macros: MACROS,
    maxMacros: MAX_MACROS,
  }),
  OutputJax: new SVG({ fontCache: "none" }),
});

/** Undefined for LaTeX that isn't understood. */
export function drawFormula(tex: string): DrawnFormula | undefined {
  const drawn = adaptor.innerHTML(typesetter.convert(tex, { display: true }));
  const svg = /^<svg[^>]* viewBox="([-\d. ]+)"[^>]*>(.*)<\/svg>$/s.exec(drawn);
  const [left, top, width, height] = (svg?.[1] ?? "").split(" ").map(Number);
  const content = svg?.[2];
  if (content === undefined || content.includes('data-mml-node="merror"')) return undefined;
  if (left === undefined || top === undefined || !width || !height) return undefined;
  return { left, top, width, height, content };
}
