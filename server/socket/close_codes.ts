/** Which close code a refusal ends the socket with; one that stands nowhere here ends it as said by its caller. */
import { CLOSE, type RoomErrorCode } from "../../rooms/contract/errors.ts";

/** How a refused hello ends the socket. The answer has said why. */
export const CLOSE_OF_HELLO: Partial<Record<RoomErrorCode, number>> = {
  "bad-request": CLOSE.badRequest,
  "protocol-version": CLOSE.badRequest,
  unauthorized: CLOSE.unauthorized,
  "rate-limited": CLOSE.unauthorized,
  removed: CLOSE.removed,
  refused: CLOSE.removed,
  over: CLOSE.ended,
  cancelled: CLOSE.ended,
  conflict: CLOSE.updateRefused,
};

/** How a refused binary frame ends the socket. */
export const CLOSE_OF_FRAME: Partial<Record<RoomErrorCode, number>> = {
  "update-refused": CLOSE.updateRefused,
  "too-large": CLOSE.tooLarge,
  "rate-limited": CLOSE.overrun,
};
