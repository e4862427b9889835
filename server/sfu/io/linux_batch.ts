/**
 * The memory of recvmmsg and sendmmsg: packets, their addresses, and the structures that point at them.
 *
 * Invariant: everything that a structure points at lives as long as the structure, because all of it is pinned and
 * unpinned together.
 */
import {
  CONTROL_BYTES,
  CONTROL_LENGTH_OF_U16,
  CONTROL_LEVEL,
  CONTROL_TYPE,
  CONTROL_VALUE,
  HEADER_BYTES,
  HEADER_CONTROL,
  HEADER_CONTROL_BYTES,
  HEADER_FLAGS,
  HEADER_LENGTH,
  HEADER_NAME,
  HEADER_NAME_BYTES,
  HEADER_VECTOR_COUNT,
  HEADER_VECTORS,
  MSG_TRUNC,
  NAME_BYTES,
  SOL_UDP,
  UDP_SEGMENT,
  VECTOR_BYTES,
  VECTOR_LENGTH,
} from "./libc.ts";
import { Memory } from "./memory.ts";
import type { Bytes } from "./crypto/openssl.ts";
import { SlotView } from "./crypto/tails.ts";
import { SLOT_BYTES } from "../ports.ts";

/** Datagrams that one system call takes. */
export const BATCH = 64;
/** A UDP datagram before it is segmented ends at 65,507 bytes. */
const MAX_TRAIN_BYTES = 64_000;

class Batch {
  readonly packets = new Memory(BATCH * SLOT_BYTES);
  readonly names = new Memory(BATCH * NAME_BYTES);
  readonly vectors = new Memory(BATCH * VECTOR_BYTES);
  readonly headers = new Memory(BATCH * HEADER_BYTES);
  readonly slots: SlotView[] = [];

  constructor() {
    for (let i = 0; i < BATCH; i++) {
      this.slots.push(
        new SlotView(this.packets.bytes.subarray(i * SLOT_BYTES, (i + 1) * SLOT_BYTES)),
      );
      const header = i * HEADER_BYTES;
      const view = this.headers.view;
      view.setBigUint64(header + HEADER_NAME, this.names.address + BigInt(i * NAME_BYTES), true);
      view.setUint32(header + HEADER_NAME_BYTES, NAME_BYTES, true);
      view.setBigUint64(header + HEADER_VECTORS, this.vectorAddress(i), true);
      view.setUint32(header + HEADER_VECTOR_COUNT, 1, true);
      this.vectors.view.setBigUint64(i * VECTOR_BYTES, this.packetAddress(i), true);
      this.vectors.view.setUint32(i * VECTOR_BYTES + VECTOR_LENGTH, SLOT_BYTES, true);
    }
  }

  packetAddress(i: number): bigint {
    return this.packets.address + BigInt(i * SLOT_BYTES);
  }

  vectorAddress(i: number): bigint {
    return this.vectors.address + BigInt(i * VECTOR_BYTES);
  }

  unpin(): void {
    for (const memory of [this.packets, this.names, this.vectors, this.headers]) memory.unpin();
  }
}

/** Where datagrams arrive. */
export class ReceiveBatch extends Batch {
  length(i: number): number {
    return this.headers.view.getUint32(i * HEADER_BYTES + HEADER_LENGTH, true);
  }

  /** The datagram was longer than a slot. */
  truncated(i: number): boolean {
    return (this.headers.view.getUint32(i * HEADER_BYTES + HEADER_FLAGS, true) & MSG_TRUNC) !== 0;
  }

  /** The kernel shortens a name's size to what it wrote. */
  renew(i: number): void {
    this.headers.view.setUint32(i * HEADER_BYTES + HEADER_NAME_BYTES, NAME_BYTES, true);
  }
}

/**
 * Datagrams to send, in trains: a train is one message to one address, which the kernel cuts into datagrams of one
 * size, the last one shorter or equal (UDP_SEGMENT). Datagrams to one address stay in order.
 */
export class SendBatch extends Batch {
  readonly #controls = new Memory(BATCH * CONTROL_BYTES);
  readonly #packetAddresses = Array.from({ length: BATCH }, (_, i) => this.packetAddress(i));
  readonly #vectorAddresses = Array.from({ length: BATCH }, (_, i) => this.vectorAddress(i));
  readonly #lengths = new Uint16Array(BATCH);
  readonly #destinations = new Array<Bytes | undefined>(BATCH).fill(undefined);
  /** The packet that each vector points at, and each train's first vector. */
  readonly #packetOfVector = new Uint8Array(BATCH);
  readonly #firstVector = new Uint8Array(BATCH + 1);
  readonly #loaded = new Uint8Array(BATCH);
  #count = 0;

  constructor() {
    super();
    for (let i = 0; i < BATCH; i++) {
      const control = i * CONTROL_BYTES;
      const view = this.#controls.view;
      view.setBigUint64(control, CONTROL_LENGTH_OF_U16, true);
      view.setInt32(control + CONTROL_LEVEL, SOL_UDP, true);
      view.setInt32(control + CONTROL_TYPE, UDP_SEGMENT, true);
      const address = this.#controls.address + BigInt(control);
      this.headers.view.setBigUint64(i * HEADER_BYTES + HEADER_CONTROL, address, true);
    }
  }

  get count(): number {
    return this.#count;
  }

  /** The slot that the next commit takes. */
  get free(): SlotView {
    return this.slots[this.#count]!;
  }

  commit(length: number, name: Bytes): void {
    this.#lengths[this.#count] = length;
    this.#destinations[this.#count] = name;
    this.#count++;
  }

  /** Couples what is committed into trains, of one datagram each without `segmentation`; answers their number. */
  couple(segmentation: boolean): number {
    const count = this.#count;
    this.#loaded.fill(0, 0, count);
    let trains = 0;
    let vector = 0;
    for (let i = 0; i < count; i++) {
      if (this.#loaded[i] === 1) continue;
      this.#firstVector[trains] = vector;
      vector = segmentation ? this.#load(i, vector) : this.#point(vector, i);
      this.#seal(trains, vector);
      trains++;
    }
    this.#firstVector[trains] = vector;
    this.#destinations.fill(undefined, 0, count);
    this.#count = 0;
    return trains;
  }

  /** Datagrams of a train. */
  carriages(train: number): number {
    return this.#firstVector[train + 1]! - this.#firstVector[train]!;
  }

  carriage(train: number, i: number): { bytes: Bytes; length: number; name: Bytes } {
    const packet = this.#packetOfVector[this.#firstVector[train]! + i]!;
    return {
      bytes: this.slots[packet]!.bytes,
      length: this.#lengths[packet]!,
      name: this.names.bytes.subarray(train * NAME_BYTES, (train + 1) * NAME_BYTES),
    };
  }

  override unpin(): void {
    super.unpin();
    this.#controls.unpin();
  }

  /** Points vectors at packet `i` and at those that may follow it; answers the next free vector. */
  #load(i: number, vector: number): number {
    const destination = this.#destinations[i];
    const size = this.#lengths[i]!;
    let total = 0;
    for (let j = i; j < this.#count; j++) {
      if (this.#loaded[j] === 1 || this.#destinations[j] !== destination) continue;
      const length = this.#lengths[j]!;
      if (length > size || total + length > MAX_TRAIN_BYTES) break;
      vector = this.#point(vector, j);
      total += length;
      if (length < size) break;
    }
    return vector;
  }

  #point(vector: number, packet: number): number {
    const offset = vector * VECTOR_BYTES;
    this.vectors.view.setBigUint64(offset, this.#packetAddresses[packet]!, true);
    this.vectors.view.setUint32(offset + VECTOR_LENGTH, this.#lengths[packet]!, true);
    this.#packetOfVector[vector] = packet;
    this.#loaded[packet] = 1;
    return vector + 1;
  }

  #seal(train: number, end: number): void {
    const first = this.#firstVector[train]!;
    const packet = this.#packetOfVector[first]!;
    const carriages = end - first;
    const header = train * HEADER_BYTES;
    const view = this.headers.view;
    this.names.bytes.set(this.#destinations[packet]!, train * NAME_BYTES);
    view.setBigUint64(header + HEADER_VECTORS, this.#vectorAddresses[first]!, true);
    view.setUint32(header + HEADER_VECTOR_COUNT, carriages, true);
    view.setUint32(header + HEADER_CONTROL_BYTES, carriages > 1 ? CONTROL_BYTES : 0, true);
    this.#controls.view.setUint16(
      train * CONTROL_BYTES + CONTROL_VALUE,
      this.#lengths[packet]!,
      true,
    );
  }
}
