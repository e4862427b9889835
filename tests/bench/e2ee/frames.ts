/** Encrypts and decrypts frames of several sizes, one after the other; runs in a page and in Deno. */
import { KeyRing } from "../../../rooms/contract/encryption/key_ring.ts";
import { FrameSealer } from "../../../rooms/contract/encryption/sealer.ts";
import { makeSecret } from "../../../rooms/contract/encryption/secret.ts";

const SIZES = [100, 1_000, 10_000, 100_000];
const WARM_UP = 50;
const ROUNDS = 400;

export interface FrameCost {
  bytes: number;
  encryptUs: number;
  decryptUs: number;
}

export async function measureFrames(): Promise<FrameCost[]> {
  const page = { participantId: "tara", sender: 1 };
  const secret = await makeSecret();
  const sealer = new FrameSealer(page);
  await sealer.enter(secret);
  const ring = new KeyRing();
  ring.add(secret);
  const costs: FrameCost[] = [];
  for (const bytes of SIZES) {
    const frame = new Uint8Array(bytes).fill(1);
    const sealed = (await sealer.seal(frame, "video"))!;
    const encryptUs = await microseconds(() => sealer.seal(frame, "video"));
    const decryptUs = await microseconds(() => ring.open(sealed, { ...page, source: "video" }));
    costs.push({ bytes, encryptUs, decryptUs });
  }
  return costs;
}

async function microseconds(work: () => Promise<unknown>): Promise<number> {
  for (let round = 0; round < WARM_UP; round++) await work();
  const began = performance.now();
  for (let round = 0; round < ROUNDS; round++) await work();
  return Math.round((performance.now() - began) / ROUNDS * 1000);
}
