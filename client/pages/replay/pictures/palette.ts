/** The page's colours and letters for what is drawn on a canvas, where no style sheet reaches. */

export interface Palette {
  dark: boolean;
  paper: string;
  raised: string;
  ink: string;
  inkSoft: string;
  line: string;
  accent: string;
  signal: string;
  good: string;
  warn: string;
  frame: string;
  plate: string;
  plateInk: string;
  sans: string;
  serif: string;
  mono: string;
}

/** As the page stands now, light or dark. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    paper: token("paper"),
    raised: token("raised"),
    ink: token("ink"),
    inkSoft: token("ink-soft"),
    line: token("line"),
    accent: token("accent"),
    signal: token("signal"),
    good: token("good"),
    warn: token("warn"),
    frame: token("frame"),
    plate: token("plate"),
    plateInk: token("frame-ink"),
    sans: token("sans"),
    serif: token("serif"),
    mono: token("mono"),
  };
}
