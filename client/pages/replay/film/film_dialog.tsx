/** One film of the whole lesson: what it shows, and how far it has come. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { closeAround, Dialog } from "../../../design/dialog.tsx";
import { useReplay } from "../model.ts";
import { type Layout, LAYOUTS } from "../view.ts";
import type { FilmFormat } from "./film_format.ts";
import { filmTarget } from "./film_target.ts";
import type { Making } from "./film_maker.ts";
import "./film.css";

const LAYOUT_WORDS: Readonly<Record<Layout, string>> = {
  all: "Board, code or shared screen, whichever was used, and the faces",
  board: "The board and the faces",
  code: "The code and the faces",
  faces: "The faces, and shared screens",
};
const CONTAINER_WORDS = { mp4: "An MP4", webm: "A WebM" } as const;
const MINUTE_MS = 60_000;

export function FilmDialog({ stem, onClose }: { stem: string; onClose: () => void }) {
  const { film, view } = useReplay();
  const format = useSignal<FilmFormat | null | "asking">("asking");
  const layout = useSignal<Layout>(view.layout.value);
  useEffect(() => {
    import("./film_format.ts").then(({ filmFormat }) => filmFormat()).catch(() => null)
      .then((found) => format.value = found);
  }, []);
  const found = format.value;
  const start = async (dialog: HTMLDialogElement | null) => {
    if (found === null || found === "asking") return;
    const target = await filmTarget(stem, found.container);
    if (target === null) return;
    dialog?.close();
    await film.make(layout.value, found, target);
  };
  return (
    <Dialog title="The lesson as one film" onClose={onClose} testId="film-dialog">
      {found === null
        ? (
          <p role="alert" data-testid="film-unable">
            This browser can’t make films. A current Chrome, Edge, Firefox or Safari on a computer
            can. Everybody’s picture and sound can be taken along one by one here all the same.
          </p>
        )
        : (
          <>
            <fieldset class="film-layouts">
              <legend>What it shows</legend>
              {LAYOUTS.map((choice) => (
                <label key={choice}>
                  <input
                    type="radio"
                    name="film-layout"
                    checked={layout.value === choice}
                    data-testid={`film-${choice}`}
                    onChange={() => layout.value = choice}
                  />
                  <span>{LAYOUT_WORDS[choice]}</span>
                </label>
              ))}
            </fieldset>
            <p class="soft small">
              {found === "asking" ? "Made" : `${CONTAINER_WORDS[found.container]} file, made`}{" "}
              in this browser. Keep this tab open and in view until it is done; you can go on
              watching meanwhile.
            </p>
          </>
        )}
      <div class="dialog-actions">
        <button
          type="button"
          class="button"
          onClick={(event) => closeAround(event.currentTarget)}
        >
          {found === null ? "Close" : "Cancel"}
        </button>
        {found !== null && (
          <button
            type="button"
            class="button button-main"
            disabled={found === "asking"}
            data-testid="film-start"
            onClick={(event) => void start(event.currentTarget.closest("dialog"))}
          >
            Make the film
          </button>
        )}
      </div>
    </Dialog>
  );
}

export function FilmLine() {
  const { film } = useReplay();
  const making = film.making.value;
  if (making === null) return null;
  const isMaking = making.state === "making";
  return (
    <p
      class="saving"
      role={making.state === "failed" ? "alert" : "status"}
      data-testid="film"
      data-state={making.state}
    >
      <span>{filmWords(making)}</span>
      {isMaking && (
        <progress max={1} value={making.part} aria-label="The film" data-testid="film-progress" />
      )}
      <button type="button" class="button" data-testid="film-cancel" onClick={() => film.cancel()}>
        {isMaking ? "Cancel" : "Close"}
      </button>
    </p>
  );
}

function filmWords(making: Making): string {
  switch (making.state) {
    case "making":
      return `The film: ${Math.floor(making.part * 100)} %${leftWords(making.leftMs)}`;
    case "made":
      return "The film is made and saved.";
    case "failed":
      return making.why === "network"
        ? "The film isn’t finished: parts of the recording did not arrive. Try again in a moment."
        : "The film isn’t finished: the browser gave up. Nothing of the recording is lost.";
  }
}

function leftWords(leftMs: number | null): string {
  if (leftMs === null) return "";
  if (leftMs < MINUTE_MS) return ", less than a minute left";
  const minutes = Math.round(leftMs / MINUTE_MS);
  return `, about ${minutes === 1 ? "a minute" : `${minutes} minutes`} left`;
}
