/**
 * The room's chunk: what the lobby loads while the person looks into the mirror.
 */
export { openSession } from "../../../connection/session.ts";
export { Room } from "./room.tsx";
