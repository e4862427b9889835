/** Board and code as of one moment, to change and to run: nobody else sees it, and the recording stays as it is. */
import { Download } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { fileTexts } from "../../../stages/code/document/files.ts";
import { readFiles } from "../../../../rooms/contract/document/reading.ts";
import { filesOf } from "../../../../rooms/contract/document/schema.ts";
import { observeDeep } from "../../../../rooms/contract/document/shielded.ts";
import { Dots } from "../../../design/page.tsx";
import {
  availableStages,
  type LoadedStage,
  loadStage,
  STAGE_LABELS,
} from "../../../stages/stages.ts";
import { sayElapsed } from "../../../words/time.ts";
import { saveFile } from "../../../design/save_file.ts";
import { useReplay } from "../model.ts";
import { copySession } from "./copy_session.ts";
import { zipFiles } from "../../../design/zip.ts";
import "./copy_here.css";

type CopyStage = "board" | "code";
const stages = availableStages.filter((stage): stage is CopyStage => stage !== "talk");

export function CopyHere() {
  const replay = useReplay();
  const { view, touched } = replay;
  const { meetingId, you, title } = replay.manifest.value;
  const atMs = view.copyOf.value ?? 0;
  const copy = useMemo(() => copySession(replay.lesson.doc, meetingId, you?.name ?? "You"), []);
  const open = useSignal<CopyStage>(
    view.layout.value === "board" || view.layout.value === "code"
      ? view.layout.value
      : touched.value,
  );
  const heading = useRef<HTMLHeadingElement>(null);
  const hasFiles = useSignal(readFiles(copy.session.doc).length > 0);
  useEffect(() => {
    heading.current?.focus();
    const files = filesOf(copy.session.doc);
    const count = () => hasFiles.value = readFiles(copy.session.doc).length > 0;
    const stop = observeDeep(files, count);
    return () => {
      stop();
      copy.close();
    };
  }, []);
  const save = () => {
    saveFile(zipFiles(fileTexts(copy.session.doc)), `${title} from ${sayElapsed(atMs)}.zip`);
  };
  return (
    <section class="copy" aria-label="Your copy" data-testid="copy">
      <header class="top-bar">
        <h2 ref={heading} tabIndex={-1} class="top-title">
          Your copy from <span class="numbers">{sayElapsed(atMs)}</span>
        </h2>
        <p class="soft small copy-note">Only you see it. It is gone when you close it.</p>
        <nav class="stage-switch" aria-label="Stage">
          {stages.map((stage) => (
            <button
              key={stage}
              type="button"
              class="stage-tab"
              aria-pressed={open.value === stage}
              data-testid={`copy-${stage}`}
              onClick={() => open.value = stage}
            >
              {STAGE_LABELS[stage]}
            </button>
          ))}
        </nav>
        {hasFiles.value && (
          <button
            type="button"
            class="button"
            aria-label="Code as zip"
            data-testid="copy-save"
            onClick={save}
          >
            <Download size={18} aria-hidden="true" />
            <span class="copy-word">Code as zip</span>
          </button>
        )}
        <button
          type="button"
          class="button button-main"
          data-testid="copy-close"
          onClick={() => view.copyOf.value = null}
        >
          Back to the recording
        </button>
      </header>
      <main class="copy-stages">
        {stages.map((stage) => (
          <div key={stage} class={`stage ${open.value === stage ? "" : "stage-behind"}`}>
            <CopiedStage stage={stage} wanted={open.value === stage} copy={copy} />
          </div>
        ))}
      </main>
    </section>
  );
}

interface CopiedStageProps {
  stage: CopyStage;
  wanted: boolean;
  copy: ReturnType<typeof copySession>;
}

/** Loads the stage's program when it is first wanted, and keeps it. */
function CopiedStage({ stage, wanted, copy }: CopiedStageProps) {
  const loaded = useSignal<{ Stage: LoadedStage } | "failed" | null>(null);
  const asked = useRef(false);
  const load = () => {
    asked.current = true;
    loaded.value = null;
    loadStage(stage).then((Stage) => loaded.value = { Stage }, () => loaded.value = "failed");
  };
  useEffect(() => {
    if (wanted && !asked.current) load();
  }, [wanted]);
  const state = loaded.value;
  if (state === "failed") {
    return (
      <div class="stage-empty" role="alert">
        <p>{STAGE_LABELS[stage]} did not load. The recording is as it was.</p>
        <button type="button" class="button button-main" onClick={load}>Try again</button>
      </div>
    );
  }
  if (state === null) {
    return (
      <div class="stage-empty" role="status">
        <Dots />
        <span>{STAGE_LABELS[stage]} is coming</span>
      </div>
    );
  }
  const { Stage } = state;
  return (
    <div class="stage-own" data-own-keys>
      <Stage session={copy.session} />
    </div>
  );
}
