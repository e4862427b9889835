/** A WebSocket that says hello and then reads nothing more: neither pings nor changes reach it. */
import type { HelloOptions } from "./client.ts";
import { PROTOCOL_VERSION } from "../../../rooms/contract/protocol/messages.ts";

const KEY = btoa("0123456789abcdef");
const CLIENT_ID = 4_040_404;

export class DeafSocket implements Disposable {
  private constructor(private readonly connection: Deno.Conn) {}

  static async join(url: string, { meetingId, invite }: HelloOptions): Promise<DeafSocket> {
    const { hostname, port, pathname } = new URL(url);
    const socket = new DeafSocket(await Deno.connect({ hostname, port: Number(port) }));
    await socket.connection.write(new TextEncoder().encode(
      `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    ));
    const hello = JSON.stringify({
      id: 1,
      method: "hello",
      params: { protocol: PROTOCOL_VERSION, meetingId, passcode: "", invite, clientId: CLIENT_ID },
    });
    await socket.#write(1, new TextEncoder().encode(hello));
    return socket;
  }

  /** From then on it is sent what changes. */
  askForDocument(): Promise<void> {
    return this.#write(2, new Uint8Array([0, 0, 1, 0]));
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }

  /** A client's frame (RFC 6455 §5.2) with a zero mask. */
  async #write(opcode: number, payload: Uint8Array): Promise<void> {
    const length = payload.length < 126
      ? [0x80 | payload.length]
      : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
    await this.connection.write(new Uint8Array([0x80 | opcode, ...length, 0, 0, 0, 0, ...payload]));
  }
}
