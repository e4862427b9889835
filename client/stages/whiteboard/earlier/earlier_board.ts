/** The board of an earlier lesson with the same people, whose pages this one's goes on with. */
import type { Editor, TLRecord } from "tldraw";
import * as Y from "yjs";
import { whiteboardOf } from "../../../../rooms/contract/document/schema.ts";
import { ShieldedDoc } from "../../../../rooms/contract/document/shielded.ts";
import { askEarlier, type EarlierAsker } from "../../../connection/earlier_lessons.ts";
import type { LiveRoom } from "../../../connection/live_room.ts";
import { BoardReader } from "../binding/board_reader.ts";
import { SCHEMA_KEY } from "../../../../rooms/contract/document/schema_board.ts";
import { assetIdOf } from "../files/board_assets.ts";
import { addPages, BoardFileError } from "../files/board_file.ts";

/**
 * Puts the pages of an earlier lesson behind the board's own and turns to the first of them.
 * @throws BoardFileError
 */
export async function startFromLesson(
  editor: Editor,
  session: LiveRoom,
  earlierId: string,
): Promise<void> {
  const answer = await askEarlier(session, `/${encodeURIComponent(earlierId)}/board`);
  if (answer.status === 404) {
    throw new BoardFileError("That lesson isn’t kept any more.");
  }
  if (!answer.ok) throw new Error(`the board was not answered: ${answer.status}`);
  const records = readBoard(new Uint8Array(await answer.arrayBuffer()), editor.store);
  if (!records.some(({ typeName }) => typeName === "shape")) {
    throw new BoardFileError("Nothing is on the board of that lesson.");
  }
  await addPages(editor, records, async (assets) => {
    const ids = assets.map(({ props: { src } }) => assetIdOf(src)).filter((id) => id !== undefined);
    const copies = await copyImages(session, earlierId, ids);
    return new Map(assets.flatMap((asset) => {
      const copy = copies[assetIdOf(asset.props.src) ?? ""];
      return typeof copy === "string" ? [[asset.id, copy]] : [];
    }));
  });
}

/** The valid records of a whiteboard that came as an update of a document of its own. */
export function readBoard(update: Uint8Array, store: Editor["store"]): TLRecord[] {
  const doc = new ShieldedDoc();
  try {
    Y.applyUpdate(doc, update);
    const root = whiteboardOf(doc);
    const reader = new BoardReader(root, store, () => {});
    if (reader.refreshSchema() === "newer") {
      throw new BoardFileError("A newer Lectern wrote that board. Reload this page first.");
    }
    for (const id of root.keys()) if (id !== SCHEMA_KEY) reader.refresh(id);
    return [...reader.shown().values()]
      .filter(({ typeName }) => typeName !== "document") as unknown as TLRecord[];
  } finally {
    doc.destroy();
  }
}

async function copyImages(
  session: EarlierAsker,
  earlierId: string,
  images: readonly string[],
): Promise<Record<string, unknown>> {
  if (images.length === 0) return {};
  const answer = await askEarlier(session, `/${encodeURIComponent(earlierId)}/images`, { images });
  const told = await answer.json().catch(() => ({})) as { images?: unknown; detail?: unknown };
  if (answer.ok && typeof told.images === "object" && told.images !== null) {
    return told.images as Record<string, unknown>;
  }
  throw new BoardFileError(
    typeof told.detail === "string" ? told.detail : "Its images couldn’t be taken along.",
  );
}
