/** A real SMTP server that keeps what it is sent, and reads its parts. */
import { SMTPServer } from "smtp-server";

export interface Part {
  type: string;
  text: string;
}

export interface Received {
  to: string[];
  headers: Map<string, string>;
  parts: Part[];
}

export class Mailbox implements AsyncDisposable {
  readonly received: Received[] = [];
  /** Decides whether a message is taken, once all of it is here; an error refuses it. */
  take: (received: Received) => Promise<void> | void = () => {};
  readonly #server: SMTPServer;
  readonly port: number;

  private constructor(server: SMTPServer, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(): Promise<Mailbox> {
    let mailbox: Mailbox | null = null;
    const server = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      authOptional: true,
      closeTimeout: 500,
      async onData(stream, session, done) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        const text = chunks.map((chunk) => new TextDecoder().decode(chunk)).join("");
        const received = {
          to: session.envelope.rcptTo.map(({ address }: { address: string }) => address),
          ...read(text),
        };
        try {
          await mailbox?.take(received);
          mailbox?.received.push(received);
          done();
        } catch (error) {
          done(error as Error);
        }
      },
    });
    server.on("error", () => {});
    const listening = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", listening.resolve);
    await listening.promise;
    const { port } = server.server.address() as { port: number };
    mailbox = new Mailbox(server, port);
    return mailbox;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** A message and its parts, however deep (RFC 2045, RFC 2046). */
function read(message: string): { headers: Map<string, string>; parts: Part[] } {
  const end = message.indexOf("\r\n\r\n");
  const headers = new Map(
    message.slice(0, end).replaceAll(/\r\n[ \t]+/g, " ").split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const body = message.slice(end + 4);
  const type = headers.get("content-type") ?? "text/plain";
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
  if (boundary !== undefined) {
    const inner = body.split(`--${boundary}`).slice(1, -1)
      .flatMap((part) => read(part.replace(/^\r\n/, "")).parts);
    return { headers, parts: inner };
  }
  return {
    headers,
    parts: [{ type, text: decode(body, headers.get("content-transfer-encoding")) }],
  };
}

function decode(body: string, encoding = "7bit"): string {
  const bytes = (binary: string) => Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const utf8 = (binary: string) => new TextDecoder().decode(bytes(binary));
  if (encoding === "base64") return utf8(atob(body.replaceAll(/\s/g, "")));
  if (encoding !== "quoted-printable") return body;
  return utf8(
    body.replaceAll("=\r\n", "")
      .replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  );
}
