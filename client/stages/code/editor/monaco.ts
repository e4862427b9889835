/**
 * Monaco, as much of it as a lesson needs: the editor, its everyday features and twelve grammars.
 *
 * It is handed to the loader whole, so that nothing is fetched from elsewhere. There are no language services: a page
 * that runs programs shows their errors, and a checker for each language would weigh more than everything else.
 */
import untypedLoader from "@monaco-editor/loader";
import * as monaco from "monaco-editor/editor/editor.api";
import "monaco-editor/languages/definitions/cpp/register";
import "monaco-editor/languages/definitions/css/register";
import "monaco-editor/languages/definitions/html/register";
import "monaco-editor/languages/definitions/java/register";
import "monaco-editor/languages/definitions/javascript/register";
import "monaco-editor/languages/definitions/lua/register";
import "monaco-editor/languages/definitions/markdown/register";
import "monaco-editor/languages/definitions/python/register";
import "monaco-editor/languages/definitions/ruby/register";
import "monaco-editor/languages/definitions/sql/register";
import "monaco-editor/languages/definitions/typescript/register";
import "./monaco_features.ts";

export type Monaco = typeof monaco;

/** Its types describe the CommonJS build. */
const loader = untypedLoader as unknown as {
  config(options: { monaco: Monaco }): void;
  init(): Promise<Monaco>;
};

let opened: Promise<Monaco> | undefined;

/** The editor's program, set up once a page. */
export function openMonaco(): Promise<Monaco> {
  opened ??= setUp();
  return opened;
}

async function setUp(): Promise<Monaco> {
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker: () =>
        new Worker(new URL("./editor_worker.ts", import.meta.url), { type: "module" }),
    },
  });
  loader.config({ monaco });
  return await loader.init();
}
