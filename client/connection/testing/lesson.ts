/** What connection tests do in a lesson: open a page by a link, write files, and wait until they are seen or saved. */
import { signal } from "@preact/signals";
import * as Y from "yjs";
import { fileOf } from "../../../rooms/contract/document/reading.ts";
import {
  type FileFields,
  filesOf,
  type TypedMap,
} from "../../../rooms/contract/document/schema.ts";
import type { HelloOptions } from "../../../tests/support/room/client.ts";
import type { RoomServer } from "../../../tests/support/room/room_server.ts";
import type { ConnectionOptions, JoinedRoom } from "../interface.ts";
import { type DeviceMemory, TestPage, when } from "./page.ts";

export const optionsOf = (
  { meetingId, passcode = "", invite, name }: HelloOptions,
): ConnectionOptions => ({
  meetingId,
  passcode,
  ...(invite === undefined ? {} : { invite }),
  ...(name === undefined ? {} : { name }),
});

export function open(server: RoomServer, hello: HelloOptions, memory?: DeviceMemory): TestPage {
  return new TestPage(optionsOf(hello), {
    url: () => server.url,
    ...(memory === undefined ? {} : { memory }),
  });
}

export function write(room: JoinedRoom, name: string, text: string): void {
  room.doc.transact(() => {
    const file = new Y.Map<unknown>();
    filesOf(room.doc).set(name, file);
    const fields = file as unknown as TypedMap<FileFields>;
    fields.set("name", name);
    fields.set("language", "python");
    fields.set("text", new Y.Text(text));
  });
}

export const textOf = (room: JoinedRoom, name: string) => fileOf(room.doc, name)?.text?.toString();

/** Resolves when a file has this text. */
export function hasText(room: JoinedRoom, name: string, text: string): Promise<unknown> {
  const seen = signal(textOf(room, name));
  room.doc.on("update", () => seen.value = textOf(room, name));
  return when(seen, (value) => value === text);
}

export const isSaved = (room: JoinedRoom) => when(room.saved, ({ unsaved }) => unsaved === 0);
