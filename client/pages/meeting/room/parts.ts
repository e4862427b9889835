/**
 * The room's chunk: what the lobby loads while the person looks into the mirror.
 */
export { openConnection } from "../../../connection/meeting_connection.ts";
export { Room } from "./room.tsx";
