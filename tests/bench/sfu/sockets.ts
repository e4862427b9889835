/**
 * Hundreds of UDP sockets on one thread: a load generator needs one for each path that it pretends to be a browser on.
 *
 * All share the memory of one system call, so a socket must be flushed before another's slot is filled. Nothing here
 * uses UDP_SEGMENT: browsers send their packets one by one.
 */
import {
  AF_INET6,
  errno,
  HEADER_BYTES,
  libc,
  MSG_DONTWAIT,
  NAME_ADDRESS,
  NAME_BYTES,
  NAME_PORT,
  POLL_BYTES,
  POLLIN,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  SystemCallError,
} from "../../../server/sfu/io/libc.ts";
import { parseAddress } from "../../../server/sfu/io/address.ts";
import { BATCH, ReceiveBatch, SendBatch } from "../../../server/sfu/io/linux_batch.ts";
import type { Slot } from "../../../server/sfu/ports.ts";

const RECEIVE_BUFFER_BYTES = 2 << 20;

export type OnDatagram = (bytes: Uint8Array, view: DataView, length: number) => void;

export class SocketSet {
  readonly #incoming = new ReceiveBatch();
  readonly #outgoing = new SendBatch();
  readonly #sockets: LoadSocket[] = [];
  #pollRequests = new DataView(new ArrayBuffer(0));

  /** Binds any free port of `address`. */
  open(address: string, onDatagram: OnDatagram): LoadSocket {
    const socket = new LoadSocket(address, this.#outgoing, onDatagram);
    this.#sockets.push(socket);
    this.#watch();
    return socket;
  }

  closeOne(socket: LoadSocket): void {
    this.#sockets.splice(this.#sockets.indexOf(socket), 1);
    libc().close(socket.descriptor);
    this.#watch();
  }

  #watch(): void {
    const requests = new DataView(new ArrayBuffer(POLL_BYTES * this.#sockets.length));
    this.#sockets.forEach(({ descriptor }, i) => {
      requests.setInt32(i * POLL_BYTES, descriptor, true);
      requests.setInt16(i * POLL_BYTES + 4, POLLIN, true);
    });
    this.#pollRequests = requests;
  }

  /** Waits at most so long for the first datagram, then hands over all that have come. */
  receive(maxWaitMs: number): void {
    const requests = this.#pollRequests;
    const count = BigInt(this.#sockets.length);
    const ready = libc().poll(new Uint8Array(requests.buffer), count, Math.ceil(maxWaitMs));
    for (let i = 0, left = ready; left > 0 && i < this.#sockets.length; i++) {
      if (requests.getInt16(i * POLL_BYTES + 6, true) === 0) continue;
      left--;
      this.#take(this.#sockets[i]!);
    }
  }

  #take(socket: LoadSocket): void {
    const incoming = this.#incoming;
    const headers = incoming.headers.bytes;
    const count = libc().recvmmsg(socket.descriptor, headers, BATCH, MSG_DONTWAIT, null);
    for (let i = 0; i < count; i++) {
      const length = incoming.length(i);
      incoming.renew(i);
      const slot = incoming.slots[i]!;
      socket.onDatagram(slot.bytes, slot.view, length);
    }
  }

  close(): void {
    for (const { descriptor } of this.#sockets) libc().close(descriptor);
    this.#incoming.unpin();
    this.#outgoing.unpin();
  }
}

export class LoadSocket {
  readonly descriptor: number;
  readonly address: string;
  readonly port: number;
  readonly onDatagram: OnDatagram;
  readonly #outgoing: SendBatch;
  #destination: Uint8Array<ArrayBuffer> | undefined;

  constructor(address: string, outgoing: SendBatch, onDatagram: OnDatagram) {
    this.address = address;
    this.onDatagram = onDatagram;
    this.#outgoing = outgoing;
    const flags = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    this.descriptor = libc().socket(AF_INET6, flags, 0);
    const size = new Uint8Array(new Int32Array([RECEIVE_BUFFER_BYTES]).buffer);
    libc().setsockopt(this.descriptor, SOL_SOCKET, SO_RCVBUF, size, size.length);
    const name = nameOf(address, 0);
    if (libc().bind(this.descriptor, name, NAME_BYTES) !== 0) {
      throw new SystemCallError("bind", errno());
    }
    const nameBytes = new Uint8Array(new Uint32Array([NAME_BYTES]).buffer);
    libc().getsockname(this.descriptor, name, nameBytes);
    this.port = new DataView(name.buffer).getUint16(NAME_PORT);
  }

  /** Where everything goes from now on. */
  aim(address: string, port: number): void {
    this.#destination = nameOf(address, port);
  }

  slot(): Slot {
    return this.#outgoing.free;
  }

  commit(length: number): void {
    if (this.#destination === undefined) throw new Error("the socket has no destination");
    if (length > 0) this.#outgoing.commit(length, this.#destination);
    if (this.#outgoing.count === BATCH) this.flush();
  }

  flush(): void {
    if (this.#outgoing.count === 0) return;
    const count = this.#outgoing.couple(false);
    const headers = this.#outgoing.headers.bytes;
    for (let done = 0; done < count;) {
      const rest = headers.subarray(done * HEADER_BYTES);
      const sent = libc().sendmmsg(this.descriptor, rest, count - done, MSG_DONTWAIT);
      // What the kernel has no room for is lost, as on a network.
      if (sent <= 0) return;
      done += sent;
    }
  }

  send(datagram: Uint8Array): void {
    this.slot().bytes.set(datagram);
    this.commit(datagram.length);
    this.flush();
  }
}

function nameOf(address: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new TypeError(`"${address}" is no IP address`);
  const name = new Uint8Array(NAME_BYTES);
  const view = new DataView(name.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(NAME_PORT, port);
  name.set(bytes, NAME_ADDRESS);
  return name;
}
