/**
 * Sends one POST to an address that somebody else chose.
 *
 * Invariants: the name is resolved once, every address that it has is checked, and the connection goes to one of
 * those, so that a name that changes in between leads nowhere else; redirects are not followed; what comes back is
 * not read beyond its head.
 */
import { lookup } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "./addresses.ts";

export interface PostAnswer {
  status: number;
  retryAfter: string | undefined;
}

export interface OutboundOptions {
  /** Lets messages go to addresses inside private networks, and over plain HTTP. */
  allowPrivate: boolean;
  /** All addresses of a name. */
  resolve?: (host: string) => Promise<string[]>;
  timeoutMs?: number;
}

/** The address may not be called. The text is meant for whoever named it. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
}

const TIMEOUT_MS = 15_000;

export class Outbound {
  private readonly allowPrivate: boolean;
  private readonly resolve: (host: string) => Promise<string[]>;
  private readonly timeoutMs: number;

  constructor({ allowPrivate, resolve = resolveAll, timeoutMs = TIMEOUT_MS }: OutboundOptions) {
    this.allowPrivate = allowPrivate;
    this.resolve = resolve;
    this.timeoutMs = timeoutMs;
  }

  /**
   * The address to connect to.
   * @throws ForbiddenAddress; anything else when the name can't be resolved.
   */
  async check(url: URL): Promise<string> {
    if (url.protocol !== "https:" && !(this.allowPrivate && url.protocol === "http:")) {
      throw new ForbiddenAddress("the address must begin with https:");
    }
    if (url.username !== "" || url.password !== "") {
      throw new ForbiddenAddress("the address must not hold a name or password");
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = isIP(host) === 0 ? await this.resolve(host) : [host];
    const [first] = addresses;
    if (first === undefined) throw new Error(`${host} has no address`);
    if (!this.allowPrivate && !addresses.every(isPublicAddress)) {
      throw new ForbiddenAddress("the address leads into a private network");
    }
    return first;
  }

  /** @throws ForbiddenAddress; anything else when nobody answers in time. */
  async post(url: URL, headers: Record<string, string>, body: string): Promise<PostAnswer> {
    const address = await this.check(url);
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const send = secure ? requestHttps : requestHttp;
    const bytes = new TextEncoder().encode(body);
    const request = send({
      method: "POST",
      host: address,
      port: url.port === "" ? secure ? 443 : 80 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, "content-length": bytes.length },
      agent: false,
      // The certificate is the name's, whatever address it has.
      ...(secure && isIP(host) === 0 ? { servername: host } : {}),
    });
    const { status, retryAfter } = await this.answerTo(request, bytes);
    return { status, retryAfter };
  }

  private async answerTo(request: ClientRequest, body: Uint8Array): Promise<PostAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const timer = setTimeout(
      () => reject(new Error(`no answer within ${this.timeoutMs} ms`)),
      this.timeoutMs,
    );
    request.on("response", resolve);
    // Stays: destroying the request below reports once more.
    request.on("error", reject);
    request.end(body);
    try {
      const response = await promise;
      response.on("error", () => {});
      return {
        status: response.statusCode ?? 0,
        retryAfter: response.headers["retry-after"],
      };
    } finally {
      clearTimeout(timer);
      request.destroy();
    }
  }
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
