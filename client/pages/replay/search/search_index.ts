/**
 * The whole lesson's words, read by a worker when somebody first asks: what was written and when, where it was silent,
 * and when each thing appeared.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Manifest, Stretch } from "../../../../rooms/contract/recording/manifest.ts";
import type { RecordingApi } from "../recording/api.ts";
import type { Find, IndexAnswer, IndexQuestion, ItemId } from "./index_protocol.ts";

type Ask = IndexQuestion extends infer Q ? Q extends { id: number } ? Omit<Q, "id"> : never : never;

interface Pending {
  resolve: (answer: IndexAnswer) => void;
  reject: (error: Error) => void;
}

export class SearchIndex {
  #worker: Worker | null = null;
  #throughMs = -1;
  #asked = 0;
  readonly #pending = new Map<number, Pending>();
  readonly #reading = signal<number | null>(null);

  constructor(private readonly api: RecordingApi, private readonly manifest: () => Manifest) {}

  /** How much of the log has been read, 0 to 1; null while nobody reads. */
  get reading(): ReadonlySignal<number | null> {
    return this.#reading;
  }

  async search(words: string): Promise<Find[]> {
    const answer = await this.#ask({ type: "search", words });
    return answer.type === "found" ? answer.finds : [];
  }

  /** Stretches in which nobody speaks and nothing happens. */
  async silences(): Promise<Stretch[]> {
    const answer = await this.#ask({ type: "silences" });
    return answer.type === "silences" ? answer.silences : [];
  }

  /** When the last of these pieces of the document came to be; null when the log doesn't say. */
  async appeared(items: readonly ItemId[]): Promise<number | null> {
    const answer = await this.#ask({ type: "appeared", items: [...items] });
    return answer.type === "appeared" ? answer.atMs : null;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    for (const { reject } of this.#pending.values()) reject(new Error("closed"));
    this.#pending.clear();
    this.#reading.value = null;
  }

  #ask(question: Ask): Promise<IndexAnswer> {
    const { durationMs } = this.manifest();
    // A running lesson has gone on since: it is read anew.
    if (this.#worker !== null && durationMs !== this.#throughMs) this.close();
    this.#throughMs = durationMs;
    const worker = this.#worker ??= this.#start();
    const id = ++this.#asked;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      worker.postMessage({ ...question, id } satisfies IndexQuestion);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./index_worker.ts", import.meta.url), { type: "module" });
    const { recordingId, token } = this.api;
    const { segments, durationMs, people } = this.manifest();
    this.#reading.value = 0;
    worker.postMessage(
      {
        id: 0,
        type: "read",
        recordingId,
        token,
        durationMs,
        segments: segments.map(({ index }) => index),
        names: Object.fromEntries(people.map(({ participantId, name }) => [participantId, name])),
      } satisfies IndexQuestion,
    );
    worker.addEventListener("message", ({ data }: MessageEvent<IndexAnswer>) => {
      if (data.type === "reading") {
        return void (this.#reading.value = data.part < 1 ? data.part : null);
      }
      const pending = this.#pending.get(data.id);
      this.#pending.delete(data.id);
      if (data.type === "failed") pending?.reject(new Error("the log can't be read"));
      else pending?.resolve(data);
    });
    worker.addEventListener("error", () => this.close());
    return worker;
  }
}
