/**
 * A board as a file: its records, the schema that they are written in, and its images.
 *
 * Opening one adds its pages to the board; nothing that is there is replaced. The file comes from outside, so every
 * record is migrated and validated, and gets ids of its own.
 */
import {
  type Editor,
  getIndexAbove,
  type SerializedSchema,
  type SerializedStore,
  type TLAsset,
  type TLRecord,
  type TLStore,
  uniqueId,
} from "tldraw";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { MAX_RECORDS } from "../binding/bounds.ts";
import { boardAssets, imageSource, uploadImage } from "./board_assets.ts";

export const BOARD_FILE_TYPE = "application/vnd.lectern.board+json";
const FORMAT = "lectern-board";
const VERSION = 1;
const MAX_FILE_BYTES = 150 * 1024 * 1024;

/** What the file holds. `images` are data URLs by asset id. */
interface BoardFile {
  format: typeof FORMAT;
  version: typeof VERSION;
  schema: SerializedSchema;
  records: TLRecord[];
  images: Record<string, string>;
}

/** Something is wrong with the file, in words for the person. */
export class BoardFileError extends Error {
  override readonly name = "BoardFileError";
}

export async function saveBoardFile(editor: Editor, session: LiveRoom): Promise<Blob> {
  const records = Object.values(editor.store.serialize("document"));
  const images: Record<string, string> = {};
  for (const record of records) {
    if (record.typeName === "asset") {
      const image = await readImage(record, session);
      if (image !== null) images[record.id] = image;
    }
  }
  const schema = editor.store.schema.serialize();
  const file: BoardFile = { format: FORMAT, version: VERSION, schema, records, images };
  return new Blob([JSON.stringify(file)], { type: BOARD_FILE_TYPE });
}

/**
 * Adds the file's pages behind the board's own and turns to the first of them.
 * @throws BoardFileError
 */
export async function openBoardFile(editor: Editor, session: LiveRoom, file: Blob) {
  if (file.size > MAX_FILE_BYTES) throw new BoardFileError("That file is too large for a board.");
  const board = parseBoardFile(await file.text());
  await addPages(editor, readRecords(editor.store, board), async (assets) => {
    const ids = new Map<string, string>();
    for (const { id } of assets) {
      const image = board.images[id];
      if (typeof image === "string") ids.set(id, await uploadImage(session, dataUrlBlob(image)));
    }
    return ids;
  });
}

/**
 * Adds the pages of another board behind this one's own and turns to the first of them. `bring` brings the images
 * into this meeting: from asset records of the other board to ids of images here.
 * @throws BoardFileError
 */
export async function addPages(
  editor: Editor,
  records: readonly TLRecord[],
  bring: (assets: readonly TLAsset[]) => Promise<ReadonlyMap<string, string>>,
): Promise<void> {
  if (records.length + editor.store.allRecords().length > MAX_RECORDS) {
    throw new BoardFileError("This board has no room for what is on that one.");
  }
  const images = await bring(records.filter((record) => record.typeName === "asset"));
  const pages = editor.getPages();
  const added = withNewIds(records, pages.at(-1)?.index);
  const names = new Set(pages.map(({ name }) => name));
  for (const { record, from } of added) {
    if (record.typeName === "page") record.name = freeName(record.name, names);
    if (record.typeName !== "asset") continue;
    const id = images.get(from);
    (record.props as { src: string | null }).src = id === undefined ? null : imageSource(id);
  }
  editor.markHistoryStoppingPoint("add pages");
  editor.store.put(added.map(({ record }) => record));
  const first = added.find(({ record }) => record.typeName === "page")?.record;
  if (first?.typeName === "page") {
    editor.setCurrentPage(first.id);
    editor.zoomToFit({ immediate: true });
  }
}

export function parseBoardFile(text: string): BoardFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BoardFileError("That file isn't a board.");
  }
  const file = typeof value === "object" && value !== null ? value as Partial<BoardFile> : {};
  if (file.format !== FORMAT || !Array.isArray(file.records) || typeof file.schema !== "object") {
    throw new BoardFileError("That file isn't a board.");
  }
  if (file.version !== VERSION) throw new BoardFileError("A newer Lectern wrote that file.");
  return { ...file, images: file.images ?? {} } as BoardFile;
}

/** The file's records in the schema of this page; those that don't fit are left out. */
export function readRecords(store: TLStore, file: Pick<BoardFile, "records" | "schema">) {
  if (file.records.length > MAX_RECORDS) throw new BoardFileError("That board is too large.");
  const snapshot = Object.fromEntries(file.records.map((record) => [String(record?.id), record]));
  const migrated = store.schema.migrateStoreSnapshot({
    store: snapshot as SerializedStore<TLRecord>,
    schema: file.schema,
  });
  if (migrated.type === "error") throw new BoardFileError("A newer Lectern wrote that file.");
  return Object.values(migrated.value).filter((record) => {
    try {
      store.schema.validateRecord(store, record, "tests", null);
      return record.typeName !== "document";
    } catch {
      return false;
    }
  });
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} (${number})`;
  taken.add(free);
  return free;
}

interface Added {
  record: TLRecord;
  /** The id that it had in the file. */
  from: string;
}

/** Copies with ids that are new everywhere, and pages behind `lastIndex`. */
export function withNewIds(
  records: readonly TLRecord[],
  lastIndex: Parameters<typeof getIndexAbove>[0],
): Added[] {
  const ids = new Map(records.map(({ id, typeName }) => [String(id), `${typeName}:${uniqueId()}`]));
  const renamed = (id: unknown) => typeof id === "string" ? ids.get(id) : undefined;
  let index = lastIndex;
  const pages = records.filter((record) => record.typeName === "page")
    .sort((a, b) => a.index < b.index ? -1 : 1);
  const order = new Map(pages.map(({ id }) => [String(id), index = getIndexAbove(index)]));
  const added: Added[] = [];
  for (const original of records) {
    const record = structuredClone(original) as unknown as Record<string, unknown>;
    const from = String(original.id);
    record.id = ids.get(from);
    if (original.typeName === "page") record.index = order.get(from);
    for (const key of ["parentId", "fromId", "toId"]) {
      if (key in record) record[key] = renamed(record[key]);
    }
    const props = record.props as Record<string, unknown> | undefined;
    if (props !== undefined && typeof props.assetId === "string") {
      props.assetId = renamed(props.assetId) ?? null;
    }
    const hangs = ["parentId", "fromId", "toId"].every((key) => !(key in record) || record[key]);
    if (hangs) added.push({ record: record as unknown as TLRecord, from });
  }
  return added;
}

async function readImage(asset: TLAsset, session: LiveRoom): Promise<string | null> {
  const address = await boardAssets(session).resolve?.(asset, {
    screenScale: 1,
    steppedScreenScale: 1,
    dpr: 1,
    networkEffectiveType: null,
    shouldResolveToOriginal: true,
  });
  if (typeof address !== "string") return null;
  const answer = await fetch(address);
  if (!answer.ok) return null;
  const blob = await answer.blob();
  return await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** A page's policy lets nothing fetch `data:`, so it is read by hand. */
function dataUrlBlob(url: string): Blob {
  const match = /^data:([\w/+.-]+);base64,([A-Za-z0-9+/=]*)$/.exec(url);
  if (match === null) throw new BoardFileError("An image in that file can't be read.");
  const bytes = Uint8Array.from(atob(match[2] ?? ""), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: match[1] ?? "" });
}
