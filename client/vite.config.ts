/**
 * How the client is built: a page for each of `pages/`, everything served from our own host.
 *
 * Invariant: nothing is inlined and nothing comes from elsewhere, so that a strict Content-Security-Policy holds.
 */
import { fileURLToPath } from "node:url";
import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { RUNTIME_PACKAGES, sandbox } from "./stages/code/runtimes.build.ts";
import { Licences } from "./licences.build.ts";
import { messages, nameOfChunk } from "./words/messages.build.ts";
import { tldrawUnderPreact } from "./stages/whiteboard/tldraw.build.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const licences = new Licences();

export default defineConfig({
  root: here("."),
  base: "/",
  plugins: [
    messages(),
    preact({ prefreshEnabled: false, devToolsEnabled: false }),
    sandbox(() => [licences.collect()]),
    tldrawUnderPreact(),
    licences.collect(),
    licences.write(RUNTIME_PACKAGES),
  ],
  worker: { format: "es", plugins: () => [licences.collect()] },
  resolve: {
    // One copy of each, also for what the board and the code bring along.
    dedupe: ["preact", "@preact/signals", "@preact/signals-core", "yjs", "lib0", "y-protocols"],
  },
  build: {
    outDir: here("./dist"),
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        chunkFileNames: ({ facadeModuleId }) =>
          nameOfChunk(facadeModuleId) ?? "assets/[name]-[hash].js",
      },
      input: {
        landing: here("./index.html"),
        room: here("./room.html"),
        lessons: here("./lessons.html"),
        analytics: here("./analytics.html"),
        replay: here("./replay.html"),
      },
    },
  },
});
