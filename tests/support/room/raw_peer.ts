/** A TCP client that speaks as much HTTP and WebSocket as a test writes for it, and answers nothing by itself. */
const KEY = btoa("0123456789abcdef");
/** Nothing that a test waits for here takes so long. */
const PATIENCE_MS = 30_000;

const encoder = new TextEncoder();

export class RawPeer implements Disposable {
  readonly #buffer = new Uint8Array(64 * 1024);
  #received = "";
  #open = true;

  private constructor(private readonly connection: Deno.Conn) {}

  static async connect(port: number): Promise<RawPeer> {
    return new RawPeer(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Asks for a WebSocket; answers the status. */
  async upgrade(): Promise<number> {
    await this.send(
      `GET /api/socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    const head = await this.read((text) => text.includes("\r\n\r\n"));
    return Number(head.split(" ")[1]);
  }

  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.connection.write(bytes.subarray(sent));
    }
  }

  /** A client's text frame (RFC 6455 §5.2) with a zero mask. */
  sendText(text: string): Promise<void> {
    const payload = encoder.encode(text);
    return this.send(new Uint8Array([...frameHead(1, payload.length), ...payload]));
  }

  /** What has come so far, once it fits. */
  read(fits: (received: string) => boolean): Promise<string> {
    return bounded(async () => {
      while (!fits(this.#received)) {
        if (!await this.#readMore()) throw new Error(`ended after: ${this.#received}`);
      }
      return this.#received;
    });
  }

  /** Resolves when the other side has ended the connection. */
  ended(): Promise<void> {
    return bounded(async () => {
      while (await this.#readMore());
    });
  }

  async #readMore(): Promise<boolean> {
    const count = await this.connection.read(this.#buffer).catch(() => null);
    if (count === null) return false;
    this.#received += String.fromCharCode(...this.#buffer.subarray(0, count));
    return true;
  }

  [Symbol.dispose](): void {
    if (this.#open) this.connection.close();
    this.#open = false;
  }
}

/** The head of a client's final frame, with a zero mask. */
export function frameHead(opcode: number, length: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(14));
  head.setUint8(0, 0x80 | opcode);
  head.setUint8(1, 0x80 | 127);
  head.setBigUint64(2, BigInt(length));
  return new Uint8Array(head.buffer);
}

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("nothing more came")), PATIENCE_MS);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
