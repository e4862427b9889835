/**
 * Puts a lesson's page together for the preview: its styles, scripts and pictures of the lesson are inlined, because the
 * preview can fetch nothing.
 *
 * Modules that import each other do so by an import map whose entries are `data:` addresses.
 */

/** The document to write into the preview. */
export function previewPage(entry: string, files: Readonly<Record<string, string>>): string {
  const page = new DOMParser().parseFromString(files[entry] ?? "", "text/html");
  const find = (address: string | null): string | undefined => {
    if (address === null || /^[a-z][a-z\d+.-]*:|^\/\//i.test(address)) return undefined;
    const name = resolve(entry, address.replace(/[?#].*$/, ""));
    return Object.hasOwn(files, name) ? name : undefined;
  };

  for (const link of page.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"]')) {
    const name = find(link.getAttribute("href"));
    if (name === undefined) continue;
    const style = page.createElement("style");
    style.textContent = files[name] ?? "";
    link.replaceWith(style);
  }
  let modules = false;
  for (const script of page.querySelectorAll("script")) {
    const name = find(script.getAttribute("src"));
    const isModule = script.type === "module";
    modules ||= isModule;
    if (name !== undefined) {
      script.removeAttribute("src");
      script.textContent = `${files[name] ?? ""}\n//# sourceURL=${name}`;
    }
    if (isModule) script.textContent = withNames(script.textContent ?? "", name ?? entry);
  }
  for (const image of page.querySelectorAll("img")) {
    const name = find(image.getAttribute("src"));
    if (name?.endsWith(".svg")) image.src = dataAddress("image/svg+xml", files[name] ?? "");
  }
  if (modules) page.head.prepend(importMap(page, files));
  return `<!doctype html>\n${page.documentElement.outerHTML}`;
}

function importMap(page: Document, files: Readonly<Record<string, string>>): HTMLScriptElement {
  const imports = Object.fromEntries(
    Object.entries(files).filter(([name]) => /\.m?js$/.test(name)).map(([name, text]) => [
      `lesson/${name}`,
      dataAddress("text/javascript", withNames(text, name)),
    ]),
  );
  const map = page.createElement("script");
  map.type = "importmap";
  map.textContent = JSON.stringify({ imports }).replaceAll("<", "\\u003c");
  return map;
}

/** Relative imports don't resolve in `data:` modules: they become names of the import map. */
function withNames(text: string, from: string): string {
  return text.replace(
    /(\b(?:from|import)\s*\(?\s*["'])(\.{1,2}\/[^"']+)(["'])/g,
    (_, before: string, address: string, after: string) =>
      `${before}lesson/${resolve(from, address)}${after}`,
  );
}

function dataAddress(mime: string, text: string): string {
  return `data:${mime},${encodeURIComponent(text)}`;
}

function resolve(from: string, address: string): string {
  const parts = address.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of address.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
