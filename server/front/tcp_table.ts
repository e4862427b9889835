/**
 * The TCP connections of one listening port as Linux sees them. `Deno.serve` and its WebSockets say neither how much a
 * peer has sent nor let a connection be ended whose peer ignores the close frame; the kernel does both.
 *
 * Invariant: a descriptor is used only in the turn of the event loop in which the kernel said whose connection it is,
 * because its number may belong to another file afterwards.
 */
import { formatAddress, parseAddress } from "../sfu/io/address.ts";
import {
  AF_INET,
  AF_INET6,
  F_GETFD,
  IPPROTO_TCP,
  type Libc,
  libc,
  NAME_ADDRESS,
  NAME_BYTES,
  NAME_PORT,
  SHUT_RDWR,
  SO_LINGER,
  SOL_SOCKET,
  TCP_INFO,
  TCP_INFO_BYTES,
  TCP_INFO_LAST_RECEIVED,
  TCP_INFO_RECEIVED,
} from "../sfu/io/libc.ts";

/** The other end of a connection, as `Deno.serve` names it. */
export interface TcpPeer {
  hostname: string;
  port: number;
}

/** Descriptors are given lowest first: so far beyond the highest that was ever in use there is none. */
const GAP = 256;
const FIRST_DESCRIPTOR = 3;
/** All descriptors are looked at no more often than this to read of one: when a school comes back at once, above all. */
const SCAN_MS = 100;
/** Linger, for no second. */
const AT_ONCE = new Uint8Array(new Int32Array([1, 0]).buffer);

export class TcpTable {
  readonly #libc: Libc = libc();
  readonly #name = new Uint8Array(NAME_BYTES);
  readonly #view = new DataView(this.#name.buffer);
  readonly #length = new Uint32Array(1);
  readonly #info = new Uint8Array(TCP_INFO_BYTES);
  readonly #infoView = new DataView(this.#info.buffer);
  /** Where each peer's connection was found last. */
  #found = new Map<string, number>();
  #highest = FIRST_DESCRIPTOR;
  #scannedAt = -Infinity;

  private constructor(private readonly localPort: number) {}

  /** Null where the kernel can't be asked. */
  static of(localPort: number): TcpTable | null {
    return Deno.build.os === "linux" ? new TcpTable(localPort) : null;
  }

  /** The names of all peers. */
  peers(): string[] {
    this.#scan();
    return [...this.#found.keys()];
  }

  /** What a peer has sent so far; null when it has no connection, or one too new to be known. */
  receivedBytes(peer: string): number | null {
    return this.#read(peer) ? Number(this.#infoView.getBigUint64(TCP_INFO_RECEIVED, true)) : null;
  }

  /** How long a peer has sent nothing; null when it has no connection. */
  silentMs(peer: string): number | null {
    return this.#read(peer) ? this.#infoView.getUint32(TCP_INFO_LAST_RECEIVED, true) : null;
  }

  /** Ends a peer's connection both ways, whatever it answers. False when it has none. */
  end(peer: string): boolean {
    const descriptor = this.#known(peer) ?? this.#search(peer);
    if (descriptor === null) return false;
    // Closed by Deno after this, it is reset: a peer that takes nothing could otherwise keep it for a minute.
    this.#libc.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, AT_ONCE, AT_ONCE.byteLength);
    this.#libc.shutdown(descriptor, SHUT_RDWR);
    return true;
  }

  #read(peer: string): boolean {
    const due = performance.now() - this.#scannedAt >= SCAN_MS;
    const descriptor = this.#known(peer) ?? (due ? this.#search(peer) : null);
    if (descriptor === null) return false;
    this.#length[0] = TCP_INFO_BYTES;
    const { getsockopt } = this.#libc;
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, this.#info, this.#length) === 0;
  }

  #known(peer: string): number | null {
    const known = this.#found.get(peer);
    return known !== undefined && this.#peerOf(known) === peer ? known : null;
  }

  #search(peer: string): number | null {
    this.#scan();
    return this.#found.get(peer) ?? null;
  }

  #scan(): void {
    this.#scannedAt = performance.now();
    this.#found = new Map();
    for (let descriptor = FIRST_DESCRIPTOR; descriptor < this.#highest + GAP; descriptor++) {
      const peer = this.#peerOf(descriptor);
      if (peer !== null) this.#found.set(peer, descriptor);
      if (peer !== null || this.#isOpen(descriptor)) {
        this.#highest = Math.max(this.#highest, descriptor);
      }
    }
  }

  #isOpen(descriptor: number): boolean {
    return this.#libc.fcntl(descriptor, F_GETFD) !== -1;
  }

  /** Whose connection to our port this is; null when it is something else. */
  #peerOf(descriptor: number): string | null {
    const { getpeername, getsockname } = this.#libc;
    this.#length[0] = NAME_BYTES;
    if (getsockname(descriptor, this.#name, this.#length) !== 0) return null;
    if (this.#view.getUint16(NAME_PORT) !== this.localPort) return null;
    this.#length[0] = NAME_BYTES;
    if (getpeername(descriptor, this.#name, this.#length) !== 0) return null;
    return this.#named();
  }

  /** The name in a `sockaddr_in` (address at 4) or `sockaddr_in6`. */
  #named(): string | null {
    const port = this.#view.getUint16(NAME_PORT);
    switch (this.#view.getUint16(0, true)) {
      case AF_INET:
        return `${this.#name[4]}.${this.#name[5]}.${this.#name[6]}.${this.#name[7]}:${port}`;
      case AF_INET6:
        return `${
          formatAddress(this.#name.subarray(NAME_ADDRESS, NAME_ADDRESS + 16)).address
        }:${port}`;
      default:
        return null;
    }
  }
}

/** The name of a peer in {@linkcode TcpTable}. */
export function peerName({ hostname, port }: TcpPeer): string {
  const bytes = hostname.includes(":") ? parseAddress(hostname.split("%")[0]!) : undefined;
  return `${bytes === undefined ? hostname : formatAddress(bytes).address}:${port}`;
}
