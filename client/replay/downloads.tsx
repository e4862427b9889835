/** What can be taken along: the lesson as one film, each track as it was sent, the files as they stand at this moment; and the way to delete. */
import {
  Clapperboard,
  Code,
  Download,
  KeyRound,
  Mic,
  MonitorUp,
  Trash2,
  Video,
} from "lucide-preact";
import { useSignal } from "@preact/signals";
import type { Manifest, TrackManifest } from "../../recorder/manifest.ts";
import { linkWithKey } from "../encryption/key_link.tsx";
import { Confirm } from "../design/dialog.tsx";
import { Menu, MenuItem } from "../design/menu.tsx";
import { sayElapsed } from "../room/time.ts";
import { saveFile } from "../whiteboard/files/save_file.ts";
import { readFiles } from "../code/document/files.ts";
import { FilmDialog, FilmLine } from "./film/film_dialog.tsx";
import { useReplay } from "./model.ts";
import { zipFiles } from "./sandbox/zip.ts";

type Saving = { state: "loading"; name: string; part: number; stop: AbortController } | {
  state: "failed";
  name: string;
};

const SOURCE_WORDS = {
  audio: "sound",
  video: "camera",
  screen: "screen",
  screenAudio: "sound of the screen",
} as const;
const SOURCE_ICONS = { audio: Mic, video: Video, screen: MonitorUp, screenAudio: Mic } as const;
const MEGABYTE = 1024 * 1024;

export function Downloads({ onDeleted }: { onDeleted: () => void }) {
  const replay = useReplay();
  const saving = useSignal<Saving | null>(null);
  const deleting = useSignal<"asking" | "failed" | null>(null);
  const filming = useSignal(false);
  const keyLink = useSignal<{ link: string; copied: boolean } | null>(null);
  const manifest = replay.manifest.value;
  replay.version("files").value;
  const hasFiles = readFiles(replay.lesson.doc).length > 0;

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
  const saveFiles = () => {
    const files = readFiles(replay.lesson.doc).map(({ name, text }) => [name, `${text}`] as const);
    saveFile(zipFiles(Object.fromEntries(files)), `${fileStem(manifest.title)} code.zip`);
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
        {hasFiles && (
          <MenuItem
            icon={Code}
            label="Code files as a zip"
            detail="As they stand at this moment"
            testId="download-files"
            onSelect={saveFiles}
          />
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

function SavingLine({ saving, onClose }: { saving: Saving | null; onClose: () => void }) {
  if (saving === null) return null;
  if (saving.state === "failed") {
    return (
      <p class="saving" role="alert">
        {saving.name} did not arrive whole. Try again in a moment.
        <button type="button" class="button" onClick={onClose}>Close</button>
      </p>
    );
  }
  return (
    <p class="saving" role="status">
      {saving.name}
      <progress max={1} value={saving.part} aria-label="Download" />
      <button type="button" class="button" onClick={() => saving.stop.abort()}>Cancel</button>
    </p>
  );
}

function nameOf({ people }: Manifest, { participantId }: TrackManifest): string {
  return people.find((person) => person.participantId === participantId)?.name ?? "Somebody";
}

export function fileStem(title: string): string {
  return title.replace(/[^\p{L}\p{N} _.-]+/gu, " ").replace(/\s+/g, " ").trim() || "Lesson";
}

function trackFileName(manifest: Manifest, track: TrackManifest): string {
  const at = sayElapsed(track.startMs).replaceAll(":", ".");
  const words = `${manifest.title} ${nameOf(manifest, track)} ${SOURCE_WORDS[track.source]} ${at}`;
  return `${fileStem(words)}.webm`;
}

function size(bytes: number): string {
  return bytes < MEGABYTE / 10
    ? `${Math.max(1, Math.round(bytes / 1024))} kB`
    : `${(bytes / MEGABYTE).toFixed(1)} MB`;
}
