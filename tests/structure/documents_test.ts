/** Links between documents lead to files and headings that there are. */
import { expect } from "@std/expect";
import { ROOT } from "./sources.ts";

/** Inline links and pictures, without those in code. */
const LINK = /\]\(([^)\s]+)\)/g;

async function documents(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ["", "findings/", "recorder/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, ROOT))) {
      if (isFile && name.endsWith(".md")) found.push(`${folder}${name}`);
    }
  }
  return found.sort();
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "").replace(/^ {4}.*$/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The anchors of a document's headings, as forges make them. */
function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, "").matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replaceAll(" ", "-")
    ),
  );
}

async function brokenLinks(document: string): Promise<string[]> {
  const at = new URL(document, ROOT);
  const broken: string[] = [];
  for (const [, target = ""] of withoutCode(await Deno.readTextFile(at)).matchAll(LINK)) {
    if (/^[a-z]+:/.test(target)) continue;
    const url = new URL(target, at);
    const anchor = decodeURIComponent(url.hash.slice(1));
    url.hash = "";
    const info = await Deno.stat(url).catch(() => null);
    if (info === null) broken.push(`${document}: no file ${target}`);
    else if (anchor !== "" && !anchors(await Deno.readTextFile(url)).has(anchor)) {
      broken.push(`${document}: no heading ${target}`);
    }
  }
  return broken;
}

Deno.test("every relative link of a document leads to a file, and its anchor to a heading", async () => {
  const all = await documents();
  expect(all).toEqual(expect.arrayContaining(["README.md", "findings/README.md"]));
  expect((await Promise.all(all.map(brokenLinks))).flat()).toEqual([]);
});

Deno.test("every file and folder that a document names by its path from the top is there", async () => {
  const folders = "rooms|server|client|db|recorder|tests|findings";
  const path = new RegExp(
    `\\b((?:${folders})/[\\w./-]*(?:/|\\.tsx?|\\.sh|\\.md))(?=[\\s\`]|$)`,
    "gm",
  );
  const missing: string[] = [];
  for (const document of (await documents()).filter((name) => !name.includes("/"))) {
    const text = await Deno.readTextFile(new URL(document, ROOT));
    for (const [, code = ""] of text.matchAll(/`([^`\n]+)`/g)) {
      // What a build or a start makes isn't there in a fresh clone.
      for (const [, named = ""] of code.replace("client/dist", "").matchAll(path)) {
        const info = await Deno.stat(new URL(named, ROOT)).catch(() => null);
        if (info === null) missing.push(`${document}: ${named}`);
      }
    }
  }
  expect(missing).toEqual([]);
});

Deno.test("the README leads to every document beside it and stays within two screens", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const targets = [...readme.matchAll(LINK)].map(([, target]) => target);
  expect((await documents()).filter((name) => name !== "README.md" && !targets.includes(name)))
    .toEqual([]);
  expect(readme.split("\n").length).toBeLessThanOrEqual(80);
});
