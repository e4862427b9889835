/** Records on the whiteboard as tests of rooms draw them, and as the log has them. */
import * as Y from "yjs";
import { whiteboardOf } from "../../../rooms/contract/document/schema.ts";
import type { TestClient } from "./client.ts";
import type { RoomServer } from "./room_server.ts";

export const board = (client: TestClient) => valuesOf(client.doc);
export const draw = (client: TestClient, key: string, value: unknown = key) =>
  whiteboardOf(client.doc).set(`page:${key}`, new Y.Map([["value", value]]));

/** What {@linkcode draw} wrote, by its key. */
export function valuesOf(doc: Y.Doc): Record<string, unknown> {
  return Object.fromEntries(
    [...whiteboardOf(doc)].map(([id, record]) => [
      id.slice("page:".length),
      record instanceof Y.Map ? record.get("value") : record,
    ]),
  );
}

export async function logged(server: RoomServer, meetingId: string): Promise<Y.Doc> {
  const { snapshot, rows } = await server.storage.log.load(meetingId);
  const doc = new Y.Doc();
  if (snapshot !== null) Y.applyUpdate(doc, snapshot.state);
  for (const row of rows) Y.applyUpdate(doc, row.update);
  return doc;
}
