/** What one socket may cost. Over a bound there is a clear error, and the page comes back and resyncs. */
export interface SocketLimits {
  /** From the open socket to its hello. */
  helloTimeoutMs: number;
  /** What somebody may send before their hello succeeded. */
  strangerBytes: number;
  /** Sockets of one address whose hello hasn't succeeded: a class that comes back at once is let in within a moment. */
  strangersPerAddress: number;
  /** The same of all addresses together. */
  strangers: number;
  /** From our close frame to the end of the connection, whatever the peer answers. */
  closeMs: number;
  /** Quiet for half of this, a peer is asked for a sign of life; without one in the other half, the socket is dead. */
  silenceMs: number;
  textFrameBytes: number;
  binaryFrameBytes: number;
  /** Frames a second, and how many may come at once (a reconnecting page has a lot to say). */
  messagesPerSecond: number;
  messageBurst: number;
  bytesPerSecond: number;
  byteBurst: number;
  /** Unsent bytes after which a reader is cut. */
  backlogBytes: number;
  /** Requests of one socket that wait for their answer. */
  requestsInFlight: number;
  /** Sockets on this node. */
  sockets: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  helloTimeoutMs: 10_000,
  strangerBytes: 128 * 1024,
  strangersPerAddress: 64,
  strangers: 1000,
  closeMs: 3000,
  silenceMs: 20_000,
  textFrameBytes: 64 * 1024,
  binaryFrameBytes: 8 * 1024 * 1024,
  messagesPerSecond: 200,
  messageBurst: 1000,
  bytesPerSecond: 4 * 1024 * 1024,
  byteBurst: 32 * 1024 * 1024,
  backlogBytes: 8 * 1024 * 1024,
  requestsInFlight: 128,
  sockets: 5000,
};
