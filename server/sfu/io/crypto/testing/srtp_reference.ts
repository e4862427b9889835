/**
 * SRTP by node:crypto, straight from the RFCs, one packet at a time: what the session is held against.
 */
import { expect } from "@std/expect";
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import type { SrtpProfile } from "../../../ports.ts";
import type { Bytes } from "../openssl.ts";

export class SrtpReference {
  readonly #gcm: boolean;
  constructor(
    readonly profile: SrtpProfile,
    readonly masterKey: Uint8Array,
    readonly masterSalt: Uint8Array,
  ) {
    this.#gcm = profile === "AEAD_AES_128_GCM";
  }

  sealRtp(header: Uint8Array, payload: Uint8Array, ssrc: number, index: number): Uint8Array {
    if (this.#gcm) {
      const cipher = createCipheriv("aes-128-gcm", this.#key(0), this.#vector(2, 12, ssrc, index));
      cipher.setAAD(header);
      return joined(header, cipher.update(payload), cipher.final(), cipher.getAuthTag());
    }
    const body = joined(header, this.#ctr(0, ssrc, index, payload));
    return joined(body, this.#mac(1, joined(body, bigEndian(Math.floor(index / 65536), 4))));
  }

  sealRtcp(packet: Uint8Array, index: number): Uint8Array {
    const header = packet.subarray(0, 8);
    const ssrc = new DataView(packet.buffer, packet.byteOffset).getUint32(4);
    const word = bigEndian(index + 2 ** 31, 4);
    if (this.#gcm) {
      const cipher = createCipheriv("aes-128-gcm", this.#key(3), this.#vector(5, 12, ssrc, index));
      cipher.setAAD(joined(header, word));
      return joined(
        header,
        cipher.update(packet.subarray(8)),
        cipher.final(),
        cipher.getAuthTag(),
        word,
      );
    }
    const body = joined(header, this.#ctr(3, ssrc, index, packet.subarray(8)), word);
    return joined(body, this.#mac(4, body));
  }

  /** The payload; throws when the packet isn't authentic. */
  openRtp(packet: Uint8Array, headerBytes: number, ssrc: number, index: number): Uint8Array {
    const header = packet.subarray(0, headerBytes);
    if (this.#gcm) {
      const vector = this.#vector(2, 12, ssrc, index);
      const decipher = createDecipheriv("aes-128-gcm", this.#key(0), vector);
      decipher.setAAD(header);
      decipher.setAuthTag(packet.subarray(-16));
      return joined(decipher.update(packet.subarray(headerBytes, -16)), decipher.final());
    }
    const covered = joined(packet.subarray(0, -10), bigEndian(Math.floor(index / 65536), 4));
    expect(packet.slice(-10)).toEqual(this.#mac(1, covered));
    return this.#ctr(0, ssrc, index, packet.subarray(headerBytes, -10));
  }

  #key(label: number, length = 16): Uint8Array {
    const block = new Uint8Array(16);
    block.set(this.masterSalt);
    block[7]! ^= label;
    return new Uint8Array(
      createCipheriv("aes-128-ctr", this.masterKey, block).update(new Uint8Array(length)),
    );
  }

  /** The salt of `label`, with ssrc and index shifted to where the RFC's formula puts them. */
  #vector(label: number, length: 12 | 16, ssrc: number, index: number): Uint8Array {
    const shift = length === 12 ? 0n : 16n;
    const salt = BigInt(`0x${this.#key(label, this.masterSalt.length).toHex()}`) << shift;
    const mixed = salt ^ (BigInt(ssrc) << (48n + shift)) ^ (BigInt(index) << shift);
    return hex(mixed.toString(16).padStart(2 * length, "0"));
  }

  #ctr(label: number, ssrc: number, index: number, bytes: Uint8Array): Uint8Array {
    const vector = this.#vector(label + 2, 16, ssrc, index);
    return new Uint8Array(createCipheriv("aes-128-ctr", this.#key(label), vector).update(bytes));
  }

  #mac(label: number, bytes: Uint8Array): Uint8Array {
    return new Uint8Array(createHmac("sha1", this.#key(label, 20)).update(bytes).digest())
      .slice(0, 10);
  }
}

function joined(...parts: Uint8Array[]): Bytes {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

export function bigEndian(value: number, length: number): Bytes {
  return hex(value.toString(16).padStart(2 * length, "0"));
}

export function hex(text: string): Bytes {
  return Uint8Array.fromHex(text.replaceAll(/\s/g, ""));
}
