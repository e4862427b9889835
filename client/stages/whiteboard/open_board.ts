/**
 * One person's board in a room: the store that tldraw edits, bound to the meeting's document, with its own undo.
 * It lives as long as the stage is open; the document lives on.
 */
import { type Signal, signal } from "@preact/signals";
import { atom, createTLStore, type Editor, type TLStore } from "tldraw";
import { whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import { followFocus } from "./board_focus.ts";
import type { LiveRoom } from "../../connection/live_room.ts";
import { createBoardSchema } from "./board_schema.ts";
import { BoardBinding } from "./binding/board_binding.ts";
import type { RefusalReason } from "./binding/bounds.ts";
import { OwnUndo } from "./binding/own_undo.ts";
import { boardAssets } from "./files/board_assets.ts";
import { keepThumbnail } from "./files/thumbnail.ts";
import { type SharedPresence, sharePresence } from "./presence/share_presence.ts";

export interface Board {
  readonly session: LiveRoom;
  readonly store: TLStore;
  readonly binding: BoardBinding;
  /** What of the person's own was not taken, newest first in time; null when nothing was. */
  readonly refused: Signal<{ reason: RefusalReason; at: number } | null>;
  /** Records of others that this page can't show. */
  readonly unreadable: Signal<number>;
  /** The board was written by a newer Lectern: this page only looks. */
  readonly newer: Signal<boolean>;
  /** Whether the person is choosing an earlier lesson to start from. */
  readonly choosesLesson: Signal<boolean>;
  /** Joins an editor to the room; answers what takes it out again. */
  attach(editor: Editor): () => void;
  /** Host: everybody's board turns to what this page shows. */
  bringEveryone(): void;
  close(): void;
}

export function openBoard(session: LiveRoom): Board {
  const root = whiteboardOf(session.doc);
  const store = createTLStore({
    schema: createBoardSchema(),
    assets: boardAssets(session),
    collaboration: { status: null },
  });
  const refused = signal<{ reason: RefusalReason; at: number } | null>(null);
  const unreadable = signal(0);
  const newer = signal(false);
  const unreadableIds = new Set<string>();
  const binding = new BoardBinding({
    store,
    root,
    writable: session.permissions.value.draw,
    onRefused: ({ from, id, reason }) => {
      if (from === "local") refused.value = { reason, at: session.now() };
      else {
        unreadableIds.add(id);
        unreadable.value = unreadableIds.size;
      }
    },
    onNewer: () => newer.value = true,
  });
  const depth = atom("undo depth", { undo: 0, redo: 0 });
  const undo = new OwnUndo(store, binding, (now) => depth.set(now));
  let presence: SharedPresence | undefined;

  const flush = () => binding.flush();
  addEventListener("pagehide", flush);
  document.addEventListener("visibilitychange", flush);

  return {
    session,
    store,
    binding,
    refused,
    unreadable,
    newer,
    choosesLesson: signal(false),
    attach(editor) {
      replaceHistory(editor, undo, () => depth.get());
      const stopPermissions = session.permissions.subscribe(({ draw }) => {
        if (!draw) editor.complete();
        binding.setWritable(draw);
        editor.updateInstanceState({ isReadonly: !binding.writable });
      });
      presence = sharePresence(editor, session);
      const stopFocus = followFocus(editor);
      const stopThumbnails = keepThumbnail(editor, session, binding);
      return () => {
        stopFocus();
        stopThumbnails();
        stopPermissions();
        presence?.stop();
        presence = undefined;
      };
    },
    bringEveryone: () => presence?.bringEveryone(),
    close() {
      removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", flush);
      undo.destroy();
      binding.destroy();
    },
  };
}

/** tldraw's buttons and keys go on to call the editor; what they reach is the person's own undo. */
function replaceHistory(
  editor: Editor,
  undo: OwnUndo,
  depth: () => { undo: number; redo: number },
): void {
  const mark = editor.markHistoryStoppingPoint.bind(editor);
  const replace = <K extends keyof Editor>(name: K, value: Editor[K]) =>
    Object.defineProperty(editor, name, { value, configurable: true });
  replace("markHistoryStoppingPoint", (name) => {
    undo.mark();
    return mark(name);
  });
  replace("undo", () => {
    editor.complete();
    undo.undo();
    return editor;
  });
  replace("redo", () => {
    editor.complete();
    undo.redo();
    return editor;
  });
  replace("getCanUndo", () => depth().undo > 0);
  replace("getCanRedo", () => depth().redo > 0);
}
