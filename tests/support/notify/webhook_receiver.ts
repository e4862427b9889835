/** A booking system's end of webhooks: takes them over real HTTP, and checks every signature. */
import { Webhook } from "standardwebhooks";

export interface Taken {
  id: string;
  type: string;
  // deno-lint-ignore no-explicit-any -- what stands in it is checked against the document
  body: any;
}

export class WebhookReceiver implements AsyncDisposable {
  readonly taken: Taken[] = [];
  /** Messages whose signature was wrong. */
  readonly forged: string[] = [];
  /** Requests, taken or not. */
  calls = 0;
  secret = "";
  /** Decides on the answer; 204 when there is none. */
  answer: (id: string) => Response | Promise<Response> | null = () => null;
  now: () => number = Date.now;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #waiting: (() => void)[] = [];

  constructor() {
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      (request) => this.#take(request),
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/hook`;
  }

  /** Resolves when the condition holds; it is looked at after each request. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  async #take(request: Request): Promise<Response> {
    const text = await request.text();
    const headers = Object.fromEntries(request.headers);
    const id = headers["webhook-id"] ?? "";
    this.calls++;
    const real = Date.now;
    try {
      // The package reads the clock by itself; tests move theirs.
      Date.now = this.now;
      new Webhook(this.secret).verify(text, headers);
    } catch (error) {
      this.forged.push(`${id}: ${error}`);
    } finally {
      Date.now = real;
    }
    this.#wake();
    const response = await this.answer(id) ?? new Response(null, { status: 204 });
    if (response.ok) {
      const body = JSON.parse(text);
      this.taken.push({ id, type: body.type, body });
    }
    this.#wake();
    return response;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
