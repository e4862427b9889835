/** The editor in the colours of the page, light and dark. */
import type { Monaco } from "./monaco.ts";

/** Monaco wants hexadecimal colours; the page's are OKLCH, so a pixel is painted and read. */
function pageColours(): (token: string, alpha?: number) => string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const style = getComputedStyle(document.documentElement);
  return (token, alpha = 1) => {
    if (context === null) return "#808080";
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = style.getPropertyValue(token).trim();
    context.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
    const bytes = [red, green, blue, ...(alpha < 1 ? [Math.round(alpha * 255)] : [])];
    return `#${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  };
}

const INK = {
  light: {
    comment: "6b6f76",
    keyword: "2f3f96",
    string: "23694a",
    number: "8a4b12",
    type: "7a3d86",
    tag: "8f2f3c",
  },
  dark: {
    comment: "969ca6",
    keyword: "a9b8ff",
    string: "8fd3ac",
    number: "f0b98a",
    type: "d9a9e6",
    tag: "f0a3ab",
  },
};

/** Follows the page's scheme. Answers a function that stops. */
export function followScheme(monaco: Monaco): () => void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const scheme = dark.matches ? "dark" : "light";
    const name = `lectern-${scheme}`;
    const colour = pageColours();
    const ink = INK[scheme];
    monaco.editor.defineTheme(name, {
      base: dark.matches ? "vs-dark" : "vs",
      inherit: true,
      rules: [
        { token: "comment", foreground: ink.comment, fontStyle: "italic" },
        { token: "keyword", foreground: ink.keyword },
        ...["string", "string.sql", "attribute.value", "string.html"].map((token) => ({
          token,
          foreground: ink.string,
        })),
        ...["attribute.name", "metatag.html", "metatag.content.html"].map((token) => ({
          token,
          foreground: ink.type,
        })),
        { token: "number", foreground: ink.number },
        { token: "type", foreground: ink.type },
        { token: "tag", foreground: ink.tag },
      ],
      colors: {
        "editor.background": colour("--raised"),
        "editor.foreground": colour("--ink"),
        "editorGutter.background": colour("--raised"),
        "editorLineNumber.foreground": colour("--ink-soft"),
        "editorLineNumber.activeForeground": colour("--ink"),
        "editor.lineHighlightBackground": colour("--sunken", 0.6),
        "editor.lineHighlightBorder": "#00000000",
        "editor.selectionBackground": colour("--accent", 0.28),
        "editorCursor.foreground": colour("--accent"),
        "editorWidget.background": colour("--paper"),
        "editorWidget.border": colour("--line"),
        "editorSuggestWidget.background": colour("--paper"),
        "input.background": colour("--raised"),
        "focusBorder": colour("--accent"),
        "scrollbarSlider.background": colour("--ink-soft", 0.25),
      },
    });
    monaco.editor.setTheme(name);
  };
  apply();
  dark.addEventListener("change", apply);
  return () => dark.removeEventListener("change", apply);
}
