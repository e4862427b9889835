/** A voice of a kind: the browser's own test sound is a beep twice a second, which codecs treat as music or silence. */
import { Random } from "../../fuzz/guard/random.ts";

const RATE = 48_000;
const SECONDS = 8;
const SEED = 5;
/** First three formants of some vowels, in Hz. */
const VOWELS = [[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [
  570,
  840,
  2410,
]];
const BANDWIDTHS = [80, 100, 140];
const CONSONANT_S = 0.06;
const VOWEL_S = 0.16;
const PAUSE_S = 0.25;

/** A resonator at one formant (a second-order section). */
class Formant {
  #last = 0;
  #before = 0;

  next(input: number, hertz: number, bandwidth: number): number {
    const radius = Math.exp(-Math.PI * bandwidth / RATE);
    const turn = 2 * radius * Math.cos(2 * Math.PI * hertz / RATE);
    const output = input * (1 - radius) + turn * this.#last - radius * radius * this.#before;
    this.#before = this.#last;
    this.#last = output;
    return output;
  }
}

/** Syllables of a consonant's hiss and a sung vowel, with a pause now and then. */
function speak(random: Random): Float32Array {
  const sound = new Float32Array(RATE * SECONDS);
  const formants = BANDWIDTHS.map(() => new Formant());
  let at = 0;
  let phase = 0;
  while (at < sound.length) {
    const vowel = random.pick(VOWELS);
    const pitch = 100 + random.below(60);
    const hiss = Math.round(CONSONANT_S * RATE);
    const voiced = Math.round(VOWEL_S * RATE);
    for (let i = 0; i < hiss + voiced && at < sound.length; i++, at++) {
      const noise = random.next() - 0.5;
      if (i < hiss) {
        sound[at] = 0.08 * noise * Math.sin(Math.PI * i / hiss);
        continue;
      }
      const share = (i - hiss) / voiced;
      phase += (pitch - 20 * share) / RATE;
      let pulse = 0.02 * noise;
      if (phase >= 1) {
        phase -= 1;
        pulse += 1;
      }
      const voice = vowel.reduce(
        (sum, hertz, f) => sum + formants[f]!.next(pulse, hertz, BANDWIDTHS[f]!),
        0,
      );
      sound[at] = 4 * voice * Math.sin(Math.PI * share);
    }
    if (random.chance(0.2)) at += Math.round(PAUSE_S * RATE);
  }
  return sound;
}

/** Writes a WAV file, which a browser repeats. */
export async function writeVoice(path: string): Promise<void> {
  const sound = speak(new Random(SEED));
  const bytes = new DataView(new ArrayBuffer(44 + sound.length * 2));
  const text = (at: number, value: string) =>
    [...value].forEach((letter, i) => bytes.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  bytes.setUint32(4, bytes.byteLength - 8, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, RATE, true);
  bytes.setUint32(28, RATE * 2, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  text(36, "data");
  bytes.setUint32(40, sound.length * 2, true);
  const loudest = sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  sound.forEach((sample, i) =>
    bytes.setInt16(44 + i * 2, Math.round(sample / loudest * 20_000), true)
  );
  await Deno.writeFile(path, new Uint8Array(bytes.buffer));
}
