/**
 * The protocol's bounds that the lobby needs, repeated here because the protocol brings its whole
 * validator along and the lobby must stay small; a test keeps them equal.
 */

export const MAX_NAME_CHARS = 60;
