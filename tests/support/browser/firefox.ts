/**
 * Firefox, driven by WebDriver BiDi (W3C) over its own WebSocket, with fake devices.
 *
 * Debian's Firefox speaks BiDi but not the patched protocol of playwright, so this is the small part we need:
 * one tab, navigate, evaluate, wait.
 */

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

const PREFS: Record<string, boolean | number | string> = {
  "media.navigator.streams.fake": true,
  "media.navigator.permission.disabled": true,
  "media.peerconnection.ice.obfuscate_host_addresses": false,
  "media.autoplay.default": 0,
  "media.autoplay.blocking_policy": 0,
  // With one fake audio backend there is nothing to play through: keep cubeb from failing the page.
  "media.cubeb.backend": "null",
  "browser.shell.checkDefaultBrowser": false,
  "browser.aboutwelcome.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.enabled": false,
  "app.normandy.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "remote.prefs.recommended": true,
};

/** The path of Firefox, or null where it isn't installed. */
export function findFirefox(): string | null {
  return FIREFOX.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  }) ?? null;
}

interface BidiAnswer {
  id?: number;
  type?: string;
  error?: string;
  message?: string;
  result?: unknown;
}

/** One Firefox with one tab. Close it, or the test never ends. */
export class Firefox {
  #next = 1;
  readonly #waiting = new Map<number, { resolve(v: unknown): void; reject(e: Error): void }>();

  private constructor(
    readonly process: Deno.ChildProcess,
    readonly socket: WebSocket,
    readonly profile: string,
    private context: string,
  ) {
    socket.onmessage = (event) => {
      const answer = JSON.parse(event.data as string) as BidiAnswer;
      if (answer.id === undefined) return;
      const waiter = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.type === "error") waiter?.reject(new Error(`${answer.error}: ${answer.message}`));
      else waiter?.resolve(answer.result);
    };
  }

  /** `more` adds to the preferences. */
  static async launch(executable: string, more: typeof PREFS = {}): Promise<Firefox> {
    const profile = await Deno.makeTempDir({ prefix: "lectern-firefox-" });
    const prefs = Object.entries({ ...PREFS, ...more })
      .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
    await Deno.writeTextFile(`${profile}/user.js`, prefs.join("\n"));
    const process = new Deno.Command(executable, {
      args: ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const url = await bidiAddress(process.stderr);
    const socket = new WebSocket(`${url}/session`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("Firefox refused the BiDi connection"));
    });
    const firefox = new Firefox(process, socket, profile, "");
    await firefox.#call("session.new", { capabilities: {} });
    const tree = await firefox.#call("browsingContext.getTree", {}) as {
      contexts: { context: string }[];
    };
    firefox.context = tree.contexts[0]!.context;
    return firefox;
  }

  #call(method: string, params: unknown): Promise<unknown> {
    const id = this.#next++;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Runs a function in every page before its own scripts. */
  async addInitScript(script: () => void): Promise<void> {
    await this.#call("script.addPreloadScript", { functionDeclaration: script.toString() });
  }

  async goto(url: string): Promise<void> {
    await this.#call("browsingContext.navigate", { context: this.context, url, wait: "complete" });
  }

  /** Evaluates an expression that yields a JSON-able value or a promise of one. */
  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#call("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})) ?? "null")()`,
      target: { context: this.context },
      awaitPromise: true,
      userActivation: true,
    }) as {
      type: string;
      result?: { value: string };
      exceptionDetails?: { text: string };
    };
    if (answer.type !== "success" || answer.result === undefined) {
      throw new Error(`Firefox: ${answer.exceptionDetails?.text ?? "evaluation failed"}`);
    }
    return JSON.parse(answer.result.value) as T;
  }

  /** Resolves once the expression is truthy; rejects after `timeoutMs` with the last value. */
  async waitFor<T>(expression: string, timeoutMs = 15_000): Promise<T> {
    const until = performance.now() + timeoutMs;
    let last: T | undefined;
    while (performance.now() < until) {
      last = await this.evaluate<T>(expression);
      if (last) return last;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Firefox: ${expression} stayed ${JSON.stringify(last)} for ${timeoutMs} ms`);
  }

  /** Clicks the first element that matches the selector. */
  async click(selector: string): Promise<void> {
    await this.waitFor(`!!document.querySelector(${JSON.stringify(selector)})`);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    await this.#call("browser.close", {}).catch(() => {});
    this.socket.close();
    await closed;
    await this.process.status;
    await Deno.remove(this.profile, { recursive: true }).catch(() => {});
  }
}

/** Reads Firefox's log until it names its BiDi address, then keeps draining it. */
async function bidiAddress(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.getReader();
  const decoder = new TextDecoder();
  let log = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Firefox ended before it listened: ${log.slice(-500)}`);
    log += decoder.decode(value, { stream: true });
    const address = log.match(/WebDriver BiDi listening on (ws:\/\/\S+)/)?.[1];
    if (address === undefined) continue;
    (async () => {
      while (!(await reader.read()).done);
    })().catch(() => {});
    return address;
  }
}
