/** A network in memory with the product's own bounded address book, for the core with its real ciphers. */
import { RemoteCache } from "../../../server/sfu/io/remotes.ts";
import { createSlot } from "../../../server/sfu/io/crypto/tails.ts";
import type { DatagramSocket, Remote, Slot } from "../../../server/sfu/ports.ts";

export interface SentDatagram {
  bytes: Uint8Array<ArrayBuffer>;
  to: Remote;
}

export class MemorySocket implements DatagramSocket {
  readonly address = "192.0.2.100";
  readonly port = 3478;
  readonly #slot: Slot = createSlot();
  readonly #remotes = new RemoteCache<string>();
  #sent: SentDatagram[] = [];

  /** Addresses that are remembered. */
  get remembered(): number {
    return this.#remotes.size;
  }

  /** What was sent since the last call. */
  take(): SentDatagram[] {
    const sent = this.#sent;
    if (sent.length > 0) this.#sent = [];
    return sent;
  }

  remote(address: string, port: number): Remote {
    const key = `${address} ${port}`;
    const known = this.#remotes.get(key);
    if (known !== undefined) return known;
    const remote: Remote = { address, port, family: 4 };
    this.#remotes.add(key, remote);
    return remote;
  }

  keep(remote: Remote): void {
    this.#remotes.keep(`${remote.address} ${remote.port}`, remote);
  }

  release(remote: Remote): void {
    this.#remotes.release(`${remote.address} ${remote.port}`);
  }

  slot(): Slot {
    return this.#slot;
  }

  commit(length: number, to: Remote): void {
    if (length > 0) {
      this.#sent.push({ bytes: new Uint8Array(this.#slot.bytes.slice(0, length)), to });
    }
  }

  receive(): number {
    return 0;
  }

  waitReadable(): Promise<boolean> {
    return Promise.resolve(false);
  }

  flush(): void {}

  counters(): { received: number; sent: number; dropped: number } {
    return { received: 0, sent: 0, dropped: 0 };
  }

  close(): void {}
}
