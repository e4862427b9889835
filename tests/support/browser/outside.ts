/** The outside world on loopback: counts whatever reaches it, by HTTP, by a bare connection and by UDP. */
import { createSocket, type Socket } from "node:dgram";

export class Outside implements AsyncDisposable {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  connections = 0;
  datagrams = 0;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #bare = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;

  private constructor(private readonly udp: Socket, page: string) {
    udp.on("message", () => this.datagrams++);
    this.#http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/page") {
        return new Response(this.withAddresses(page), { headers: { "content-type": "text/html" } });
      }
      if (pathname !== "/favicon.ico") this.asked.push(pathname);
      return new Response("", { headers: { "access-control-allow-origin": "*" } });
    });
    this.#accepting = this.#accept();
  }

  /** `page` is served at `/page`, with its addresses as in {@linkcode withAddresses}. */
  static async open(page: string): Promise<Outside> {
    const udp = createSocket("udp4");
    await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
    return new Outside(udp, page);
  }

  get address(): string {
    return `http://127.0.0.1:${this.#http.addr.port}`;
  }

  /** Puts the addresses of this one in place of `HTTP`, `SOCKET`, `BARE` and `STUN`. */
  withAddresses(text: string): string {
    const bare = (this.#bare.addr as Deno.NetAddr).port;
    return text.replaceAll("HTTP", this.address)
      .replaceAll("SOCKET", this.address.replace("http", "ws"))
      .replaceAll("BARE", `http://127.0.0.1:${bare}`)
      .replaceAll("STUN", `stun:127.0.0.1:${this.udp.address().port}`);
  }

  /** What has arrived. */
  get arrived(): { asked: string[]; connections: number; datagrams: number } {
    return { asked: [...this.asked], connections: this.connections, datagrams: this.datagrams };
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#bare) {
      this.connections++;
      connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bare.close();
    await this.#accepting.catch(() => {});
    await new Promise<void>((resolve) => this.udp.close(resolve));
    await this.#http.shutdown();
  }
}
