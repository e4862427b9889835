/**
 * Writes `licences.txt`: the licence texts of everything that the built client carries.
 *
 * Packages are those of which a module went into one of the builds (pages, their workers, the sandbox), and those that are
 * copied whole. Vite's own list leaves workers, styles and copied files out. Invariant: a package without a text of its
 * own fails the build, unless {@linkcode TEXTS_ELSEWHERE} knows one.
 */
import { resolve } from "node:path";
import type { Plugin } from "vite";

const FILE = "client/licences.build.ts";
const PACKAGES = new URL("../node_modules/", import.meta.url);
const TEXT_FILE =
  /^(licen[cs]e|copying|notice|unlicense|third-?party-?notices)(?!.*\.(js|ts|json)$)/i;

const own = (name: string) => new URL(`./licences/${name}.txt`, import.meta.url);
const ofPackage = (file: string) => new URL(file, PACKAGES);

/** Less is a link to a text, as in tldraw's packages. */
const LEAST_TEXT_CHARS = 200;

/** Packages that don't ship the text of their licence: whose they are, and where a text is. */
const TEXTS_ELSEWHERE: readonly { packages: RegExp; parts: readonly (string | URL)[] }[] = [
  { packages: /^(@tldraw\/.*|tldraw)$/, parts: [own("tldraw")] },
  { packages: /^@tiptap\//, parts: ["Copyright (c) Tiptap GmbH", own("mit")] },
  { packages: /^react-remove-scroll-bar$/, parts: ["Copyright (c) Anton Korzunov", own("mit")] },
  {
    packages: /^@ruby\//,
    parts: [
      "ruby.wasm: Copyright (c) Yuta Saito and its contributors",
      own("mit"),
      "Ruby itself: Copyright (C) 1993-2013 Yukihiro Matsumoto. All rights reserved.",
      own("bsd-2-clause"),
    ],
  },
  {
    packages: /^pyodide$/,
    parts: [
      "Pyodide: its source is at https://github.com/pyodide/pyodide",
      ofPackage("mediabunny/LICENSE"),
      "Python itself: Copyright (c) 2001 Python Software Foundation; All Rights Reserved",
      own("psf-2"),
    ],
  },
  {
    packages: /^@yowasp\/clang$/,
    parts: [
      "YoWASP: Copyright (c) Catherine and its contributors",
      own("isc"),
      "LLVM, Clang, LLD, compiler-rt and libc++: Copyright (c) the LLVM project's contributors",
      ofPackage("pdfjs-dist/LICENSE"),
      own("llvm-exceptions"),
      "wasi-libc: Copyright (c) its contributors",
      own("mit"),
    ],
  },
];

interface Package {
  name: string;
  version: string;
  licence: string;
  texts: string[];
}

export class Licences {
  /** Folders of packages, as paths. */
  readonly #folders = new Set<string>();

  /** Notes what a build takes in; each build needs its own. */
  collect(): Plugin {
    const folders = this.#folders;
    let root = "";
    return {
      name: "lectern-licences-collect",
      configResolved: (config) => void (root = config.root),
      generateBundle(_, bundle) {
        // What a style imports is no module; its fonts and pictures are assets that know their file.
        const assets = Object.values(bundle).flatMap((file) =>
          file.type === "asset" ? file.originalFileNames.map((name) => resolve(root, name)) : []
        );
        for (const id of [...this.getModuleIds(), ...assets]) {
          const folder = folderOf(id);
          if (folder !== null) folders.add(folder);
        }
      },
    };
  }

  /** Writes the list when everything is built. `copied` are packages of which files are copied. */
  write(copied: readonly string[]): Plugin {
    let outDir = "";
    return {
      name: "lectern-licences",
      apply: "build",
      configResolved: (config) => void (outDir = config.build.outDir),
      closeBundle: {
        order: "post",
        sequential: true,
        handler: async () => {
          for (const name of copied) {
            this.#folders.add(Deno.realPathSync(new URL(name, PACKAGES)));
          }
          const packages = [...this.#folders].map(readPackage);
          await Deno.writeTextFile(`${outDir}/licences.txt`, listOf(packages));
        },
      },
    };
  }
}

/** The folder of the package to which a module belongs, or null for one of ours. */
function folderOf(id: string): string | null {
  const path = id.replace(/^\0+/, "").replace(/[?#].*$/, "");
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}

function readPackage(folder: string): Package {
  const { name, version, license } = JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));
  const files = [...Deno.readDirSync(folder)].filter((entry) =>
    entry.isFile && TEXT_FILE.test(entry.name)
  ).map((entry) => entry.name).sort();
  const texts = files.map((file) => Deno.readTextFileSync(`${folder}/${file}`).trim());
  const licence = typeof license === "string" ? license : license?.type ?? "";
  if (texts.join().length < LEAST_TEXT_CHARS) {
    const elsewhere = TEXTS_ELSEWHERE.find(({ packages }) => packages.test(name));
    if (elsewhere === undefined) {
      throw new Error(`${name} ${version} (${licence}) has no licence text: add it to ${FILE}`);
    }
    const read = (part: string | URL) =>
      typeof part === "string" ? part : Deno.readTextFileSync(part).trim();
    texts.splice(0, texts.length, elsewhere.parts.map(read).join("\n\n"));
  }
  return { name, version, licence, texts };
}

function listOf(packages: readonly Package[]): string {
  const byText = new Map<string, Package[]>();
  const sorted = packages.toSorted((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  for (const one of sorted) {
    const text = one.texts.join("\n\n");
    const same = byText.get(text) ?? [];
    if (!same.some(({ name, version }) => name === one.name && version === one.version)) {
      same.push(one);
    }
    byText.set(text, same);
  }
  const line = "=".repeat(78);
  const parts = [...byText].map(([text, same]) => {
    const names = same.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${line}\n${names.join("\n")}\n${line}\n\n${text}\n`;
  });
  return `${OPENING}\n\n${parts.join("\n\n")}`;
}

const OPENING =
  `The pages of Lectern are free software under the MIT licence. They are made with the packages
below, each under the licence that follows its name. tldraw is changed as it is built in.`;
