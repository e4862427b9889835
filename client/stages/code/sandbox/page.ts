/**
 * Puts a lesson's page together for the preview: its styles, scripts and pictures of the lesson are inlined, because the
 * preview can fetch nothing, and every script gets its checks.
 *
 * Modules become functions that are asked for by name, as in the runner of JavaScript.
 */
import { transform } from "sucrase";
import { removeRefused, type Trust, withoutRefused } from "./lock.ts";
import { guarded } from "./loop_guard.ts";

export interface BuiltPage {
  /** The texts of the scripts as they stand in the page. */
  scripts: string[];
  /** What couldn't be taken in, in words. */
  faults: string[];
  /** The document, with a policy that is in force before its first script. */
  html(policy: string): string;
}

type Files = Readonly<Record<string, string>>;

export function buildPage(
  entry: string,
  files: Files,
  trust: Trust,
  check: { name: string },
): BuiltPage {
  const page = new DOMParser().parseFromString(trust.html(files[entry] ?? ""), "text/html");
  const scripts: string[] = [];
  const faults: string[] = [];
  const find = (address: string | null) => {
    const name = address === null ? undefined : resolveName(entry, address);
    return name !== undefined && Object.hasOwn(files, name) ? name : undefined;
  };
  for (const link of page.querySelectorAll<HTMLLinkElement>('link[rel~="stylesheet"]')) {
    const name = find(link.getAttribute("href"));
    if (name === undefined) {
      faults.push(
        `${link.getAttribute("href")} was not loaded: there is no such file in the lesson.`,
      );
      continue;
    }
    const style = page.createElement("style");
    style.textContent = files[name] ?? "";
    link.replaceWith(style);
  }
  removeRefused(page);
  for (const image of page.querySelectorAll("img")) {
    const name = find(image.getAttribute("src"));
    if (name?.endsWith(".svg")) image.src = dataAddress("image/svg+xml", files[name] ?? "");
  }

  // Texts of scripts are put in at the end: markup inside them is theirs.
  const mark = `x-script-${check.name}-`;
  const keep = (make: () => string, where: string): string => {
    let text = "";
    try {
      text = make();
    } catch (error) {
      faults.push(`${where}: ${error}`);
    }
    scripts.push(text);
    return `${mark}${scripts.length - 1}-`;
  };
  const scriptOf = (place: string) => {
    const made = page.createElement("script");
    made.textContent = trust.script(place);
    return made;
  };
  let modules = false;
  for (const script of page.querySelectorAll("script")) {
    const isModule = script.type === "module";
    if (!isModule && script.type !== "" && !/javascript/i.test(script.type)) continue;
    const address = script.getAttribute("src");
    const name = find(address);
    if (address !== null && name === undefined) {
      faults.push(`${address} was not loaded: there is no such file in the lesson.`);
      script.remove();
      continue;
    }
    modules ||= isModule;
    const where = name ?? entry;
    const source = name === undefined ? script.textContent ?? "" : inlined(files[name] ?? "");
    const place = keep(() => {
      const named = name === undefined ? "" : `\n//# sourceURL=${name}`;
      if (!isModule) return guarded(source, check) + named;
      return `${check.name}.main(${JSON.stringify(where)}, async ${
        moduleOf(source, check)
      })${named}`;
    }, where);
    script.replaceWith(scriptOf(place));
  }
  if (modules) {
    for (const [name, source] of Object.entries(files)) {
      if (!/\.m?js$/.test(name)) continue;
      const place = keep(
        () =>
          `${check.name}.define(${JSON.stringify(name)}, ${moduleOf(inlined(source), check)})\n` +
          `//# sourceURL=${name}`,
        name,
      );
      page.head.prepend(scriptOf(place));
    }
  }
  const root = (page.documentElement.cloneNode(false) as Element).outerHTML;
  const opening = withoutRefused(root.replace(/<\/html>$/, ""));
  const head = withoutRefused(page.head.outerHTML.replace(/^<head[^>]*>/i, ""));
  const rest = withoutRefused(page.body?.outerHTML ?? "");
  const filled = (html: string) =>
    html.replace(new RegExp(`${mark}(\\d+)-`, "g"), (_, index) => scripts[Number(index)] ?? "");
  return {
    scripts,
    faults,
    html: (policy) =>
      `<!doctype html>\n${opening}<head><meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `${filled(head)}${filled(rest)}</html>`,
  };
}

/** A file's text as a script inside a page may have it: what would end the script stands in strings alone. */
function inlined(source: string): string {
  return source.replace(/<\/(?=script)/gi, "<\\/").replaceAll("<!--", "\\x3c!--");
}

/** A module as a function of `require`, `module` and `exports`; its lines keep their numbers. */
function moduleOf(source: string, { name }: { name: string }): string {
  const { code } = transform(source, { transforms: ["imports"], production: true });
  return `function (require, module, exports) {${guarded(code, { name, isBody: true })}\n}`;
}

function dataAddress(mime: string, text: string): string {
  return `data:${mime},${encodeURIComponent(text)}`;
}

/** The lesson's file that an address names as seen from another; undefined for one elsewhere. */
export function resolveName(from: string, address: string): string | undefined {
  if (/^[a-z][a-z\d+.-]*:|^\/\//i.test(address)) return undefined;
  const path = address.replace(/[?#].*$/, "");
  const parts = path.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
