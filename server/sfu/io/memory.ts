/**
 * Memory whose address native code keeps beyond one call.
 *
 * Invariant: pinned memory is reachable from here until it is unpinned, whatever the engine thinks of the variables
 * that hold it.
 */
import type { Bytes } from "./crypto/openssl.ts";

const PINNED = new Set<Memory>();

/** A pinned stretch of bytes and its address. */
export class Memory {
  readonly bytes: Bytes;
  readonly view: DataView<ArrayBuffer>;
  readonly address: bigint;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.view = new DataView(this.bytes.buffer);
    this.address = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.bytes)));
    PINNED.add(this);
  }

  unpin(): void {
    PINNED.delete(this);
  }
}
