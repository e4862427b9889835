/** What can be taken along: the lesson as one film, board and code, each track as it was sent; and the way to delete. */
import { hasRecords, readFiles } from "../../../../rooms/contract/document/reading.ts";
import {
  Clapperboard,
  Code,
  Download,
  KeyRound,
  Mic,
  MonitorUp,
  PenTool,
  Trash2,
  Video,
} from "lucide-preact";
import { useComputed, useSignal } from "@preact/signals";
import type { TrackManifest } from "../../../../rooms/contract/recording/manifest.ts";
import { linkWithKey } from "../../../encryption/key_link.tsx";
import { Confirm } from "../../../design/dialog.tsx";
import { Menu, MenuItem } from "../../../design/menu.tsx";
import { sayElapsed } from "../../../words/time.ts";
import { saveFile } from "../../../design/save_file.ts";
import { FilmDialog, FilmLine } from "../film/film_dialog.tsx";
import { useReplay } from "../model.ts";
import { fileStem, nameOf, SOURCE_WORDS, trackFileName } from "./file_names.ts";
import { type Saving, SavingLine } from "./saving_line.tsx";
import type { StageFile } from "./stage_file.ts";
import "./downloads.css";

const SOURCE_ICONS = { audio: Mic, video: Video, screen: MonitorUp, screenAudio: Mic } as const;
const STAGE_ICONS = { board: PenTool, code: Code } as const;
const STAGE_LABELS = { board: "The board as a PDF", code: "The code as a zip" } as const;
const STAGE_SUFFIXES = { board: "board.pdf", code: "code.zip" } as const;
const NOTHING = {
  board: "Nothing is on the board at that time.",
  code: "There is no code at that time.",
} as const;
const MEGABYTE = 1024 * 1024;

export function Downloads({ onDeleted }: { onDeleted: () => void }) {
  const replay = useReplay();
  const saving = useSignal<Saving | null>(null);
  const deleting = useSignal<"asking" | "failed" | null>(null);
  const filming = useSignal(false);
  const keyLink = useSignal<{ link: string; copied: boolean } | null>(null);
  const manifest = replay.manifest.value;
  replay.version("files").value;
  replay.version("whiteboard").value;
  const { doc } = replay.lesson;
  const hasNow = { board: hasRecords(doc), code: readFiles(doc).length > 0 };
  const hasEver = (stage: StageFile) =>
    hasNow[stage] || manifest.markers.some(({ type }) => type === stage);

  // The clock moves with every frame, this once a second.
  const moment =
    useComputed(() => replay.at.value >= replay.endMs.value ? null : sayElapsed(replay.at.value))
      .value;

  const saveTrack = async (track: TrackManifest) => {
    const name = trackFileName(manifest, track);
    const stop = new AbortController();
    saving.value = { state: "loading", name, part: 0, stop };
    try {
      const blob = await replay.tracks.trackFile(track.trackId, (bytes) => {
        saving.value = { state: "loading", name, part: bytes / Math.max(1, track.bytes), stop };
      }, stop.signal);
      saving.value = null;
      saveFile(blob, name);
    } catch {
      saving.value = stop.signal.aborted ? null : { state: "failed", name };
    }
  };
  const saveStage = async (stage: StageFile, atMs: number) => {
    const name = `${fileStem(manifest.title)} ${STAGE_SUFFIXES[stage]}`;
    const stop = new AbortController();
    // What is loaded here can't be broken off: it is only not handed over.
    stop.signal.addEventListener("abort", () => saving.value = null);
    saving.value = { state: "loading", name, part: null, stop };
    try {
      const { stageFile } = await import("./stage_file.ts");
      const blob = await stageFile(stage, { api: replay.api, manifest, atMs });
      if (stop.signal.aborted) return;
      saving.value = blob === null ? { state: "empty", what: NOTHING[stage] } : null;
      if (blob !== null) saveFile(blob, name);
    } catch {
      if (!stop.signal.aborted) saving.value = { state: "failed", name };
    }
  };
  const copyLink = async () => {
    const address = new URL(location.pathname, location.href);
    address.hash = new URLSearchParams({ token: replay.api.token }).toString();
    const link = await linkWithKey(address, manifest.meetingId);
    if (link === null) return;
    // The browser may forbid it: then the link is shown to be copied by hand.
    const copied = await navigator.clipboard.writeText(link).then(() => true, () => false);
    keyLink.value = { link, copied };
  };
  const remove = async () => {
    try {
      await replay.api.delete();
      onDeleted();
    } catch {
      deleting.value = "failed";
    }
  };
  return (
    <>
      <Menu
        label="Take along"
        tip="Take along"
        tipSide="left"
        testId="downloads"
        button={<Download size={20} aria-hidden="true" />}
      >
        {!manifest.live && (
          <MenuItem
            icon={Clapperboard}
            label="The lesson as one film…"
            detail={replay.keys.stand === "missing"
              ? "Board and code: the key to faces and voices isn’t here"
              : "Board, code, faces and voices in one file"}
            testId="download-film"
            onSelect={() => filming.value = true}
          />
        )}
        {(["board", "code"] as const).filter(hasEver).map((stage) => (
          <MenuItem
            key={stage}
            icon={STAGE_ICONS[stage]}
            label={STAGE_LABELS[stage]}
            detail={manifest.live ? "As it stands now" : "As it stood at the end"}
            testId={`download-${stage}`}
            onSelect={() => void saveStage(stage, manifest.durationMs)}
          />
        ))}
        {moment !== null &&
          (["board", "code"] as const).filter((stage) => hasNow[stage]).map((stage) => (
            <MenuItem
              key={`${stage} here`}
              icon={STAGE_ICONS[stage]}
              label={STAGE_LABELS[stage]}
              detail={`As it stood at ${moment}`}
              testId={`download-${stage}-here`}
              onSelect={() => void saveStage(stage, replay.at.peek())}
            />
          ))}
        {manifest.tracks.length > 0 && (
          <div class="menu-heading" role="presentation">Each track as it was sent</div>
        )}
        {manifest.tracks.map((track) => (
          <MenuItem
            key={track.trackId}
            icon={SOURCE_ICONS[track.source]}
            label={`${nameOf(manifest, track)}: ${SOURCE_WORDS[track.source]}`}
            detail={`WebM, from ${sayElapsed(track.startMs)}, ${size(track.bytes)}`}
            testId="download-track"
            onSelect={() => void saveTrack(track)}
          />
        ))}
        {replay.keys.stand === "open" && (
          <MenuItem
            icon={KeyRound}
            label="Copy a link for another device"
            detail="It carries the key: whoever has it can watch"
            testId="copy-key-link"
            onSelect={() => void copyLink()}
          />
        )}
        {manifest.mayDelete && !manifest.live && (
          <>
            <hr class="menu-rule" />
            <MenuItem
              icon={Trash2}
              label="Delete the recording…"
              testId="delete-recording"
              onSelect={() => deleting.value = "asking"}
            />
          </>
        )}
      </Menu>
      {deleting.value === "asking" && (
        <Confirm
          title="Delete this recording?"
          effect="Pictures, sound, board, code and chat of this lesson are removed for everybody, for good."
          action="Delete it"
          onConfirm={() => void remove()}
          onClose={() => deleting.value = null}
        />
      )}
      {filming.value && (
        <FilmDialog
          stem={fileStem(manifest.title)}
          onClose={() => filming.value = false}
        />
      )}
      <div class="savings">
        {keyLink.value !== null && (
          <p class="saving" role="status" data-testid="key-link-copied">
            {keyLink.value.copied ? "The link is copied. It carries the key." : (
              <input
                class="input"
                readOnly
                value={keyLink.value.link}
                aria-label="Link that carries the key"
              />
            )}
            <button type="button" class="button" onClick={() => keyLink.value = null}>Close</button>
          </p>
        )}
        {deleting.value === "failed" && (
          <p class="saving" role="alert">
            The recording could not be deleted. Nothing of it is lost.
            <button type="button" class="button" onClick={() => deleting.value = null}>
              Close
            </button>
          </p>
        )}
        <FilmLine />
        <SavingLine saving={saving.value} onClose={() => saving.value = null} />
      </div>
    </>
  );
}

function size(bytes: number): string {
  return bytes < MEGABYTE / 10
    ? `${Math.max(1, Math.round(bytes / 1024))} kB`
    : `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
