/**
 * Takes out of the preview's window, before the lesson's page is written into it, what its policy can't hold back: peer
 * connections, for which no browser has a rule that works, and connections that are opened ahead by markup.
 *
 * Texts become markup or script by Trusted Types' default policy alone, where the browser has them. Frames inside are of
 * another opaque origin, so that their windows can't be reached, and run no script without the check's name.
 * Invariant: nothing here is looked up in the window again once the page's scripts run.
 */

/** Elements that lead elsewhere, or make windows of their own. */
const REFUSED =
  "applet|base|embed|fencedframe|frame|frameset|iframe|link|meta|object|portal|webview";
const REFUSED_TAG = new RegExp(`<(/?(?:[\\w.-]+:)?)(?=(?:${REFUSED})(?:[\\s/>]|$))`, "gi");
const REFUSED_NAME = new RegExp(`^(?:.*:)?(?:${REFUSED})$`, "i");
const REFUSED_ELEMENTS = `${REFUSED.replaceAll("|", ",")}`;
/** Names of the window that talk to others, or make what runs without the checks. */
const REMOVED =
  /^(webkit|moz)?RTC|Worklet$|^(WebTransport|WebSocketStream|(Shared)?Worker|XSLTProcessor)/;
/** Members that take or give markup and ask Trusted Types. */
const ASKING = [
  "innerHTML",
  "outerHTML",
  "getHTML",
  "insertAdjacentHTML",
  "setHTMLUnsafe",
  "parseHTMLUnsafe",
];

/** Makes a tag's name unknown, whatever it stands in: a tag begins with `<` and its name at once. */
export function withoutRefused(html: string): string {
  return html.replace(REFUSED_TAG, "<$1x-");
}

/** The same in a document, where elements can be taken out whole. */
export function removeRefused(page: Document): void {
  for (const element of page.querySelectorAll(REFUSED_ELEMENTS)) element.remove();
}

export interface Lock {
  /** Compiles a text of the page with the checks; throws a SyntaxError. */
  compile(source: string, isBody: boolean): string;
  /** Tells the person something about the page. */
  say(text: string): void;
}

/** A text that the browser may run or show, in browsers with Trusted Types. */
export interface Trust {
  html(text: string): string;
  script(text: string): string;
}

export function makeTrust(): Trust {
  const policy = trustedTypes()?.createPolicy("lectern", {
    createHTML: (text) => text,
    createScript: (text) => text,
  });
  return {
    html: (text) => (policy?.createHTML(text) ?? text) as string,
    script: (text) => (policy?.createScript(text) ?? text) as string,
  };
}

/** Locks the window. `trust` stays with the caller. */
export function lockWindow(trust: Trust, { compile, say }: Lock): void {
  trustedTypes()?.createPolicy("default", {
    createHTML: (text, _type, sink) => {
      // In XML an entity could bring what the text doesn't show.
      if (sink?.includes("DOMParser") && /<!(ENTITY|DOCTYPE[^>]*\[)/i.test(text)) return null;
      return withoutRefused(text);
    },
    createScript: () => null,
    createScriptURL: () => null,
  });
  removeNames();
  refuseElements(say);
  guardWriting();
  guardCompiling(trust, compile);
}

function removeNames(): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (REMOVED.test(name)) Reflect.deleteProperty(globalThis, name);
  }
  // Sanitizers of the browser don't ask Trusted Types, and let through what they are told to.
  for (const target of [Document, Document.prototype, Element.prototype, ShadowRoot.prototype]) {
    for (const name of Object.getOwnPropertyNames(target)) {
      if (/HTML/.test(name) && !ASKING.includes(name)) Reflect.deleteProperty(target, name);
    }
  }
}

function refuseElements(say: (text: string) => void): void {
  const said = new Set<string>();
  const allowed = (name: unknown) => {
    const text = String(name);
    if (!REFUSED_NAME.test(text)) return text;
    if (!said.has(text)) {
      say(`The preview has no <${text}>: it can reach nothing outside the lesson.\n`);
    }
    said.add(text);
    return `x-${text.replace(/^.*:/, "")}`;
  };
  const { createElement, createElementNS } = Document.prototype;
  fix(
    Document.prototype,
    "createElement",
    function (this: Document, name: unknown, options?: unknown) {
      return Reflect.apply(createElement, this, [allowed(name), options]);
    },
  );
  fix(
    Document.prototype,
    "createElementNS",
    function (this: Document, space: unknown, name: unknown, options?: unknown) {
      return Reflect.apply(createElementNS, this, [space, allowed(name), options]);
    },
  );
  const { createDocument } = DOMImplementation.prototype;
  fix(
    DOMImplementation.prototype,
    "createDocument",
    function (this: DOMImplementation, space: unknown, name: unknown, type: unknown = null) {
      return Reflect.apply(createDocument, this, [space, allowed(name ?? ""), type]);
    },
  );
  const { define } = CustomElementRegistry.prototype;
  fix(
    CustomElementRegistry.prototype,
    "define",
    function (this: CustomElementRegistry, name: unknown, type: unknown) {
      // Without what extends a built-in element: its constructor would make a frame.
      return Reflect.apply(define, this, [name, type]);
    },
  );
}

/** A tag must not come in two pieces. */
function guardWriting(): void {
  let held = "";
  const { write } = Document.prototype;
  const writing = (end: string) =>
    function (this: Document, ...texts: unknown[]) {
      const text = held + texts.map(String).join("") + end;
      const [tail = ""] = /<[^\s>]*$/.exec(text) ?? [];
      held = tail;
      return Reflect.apply(write, this, [text.slice(0, text.length - tail.length)]);
    };
  fix(Document.prototype, "write", writing(""));
  fix(Document.prototype, "writeln", writing("\n"));
}

type Made = (...args: unknown[]) => unknown;

/** `eval`, functions made of texts, timers with texts, and handlers that stand in attributes. */
function guardCompiling(trust: Trust, compile: Lock["compile"]): void {
  const evaluate = globalThis.eval;
  const run = (code: string) => evaluate(trust.script(code));
  const made = (prefix: string, parameters: string, body: string): Made => {
    const head = `${prefix}(${parameters}\n) {`;
    // The body alone must be one, or it could end the function and go on behind it.
    const code = compile(`(${head}${body}\n})`, false);
    compile(body, true);
    return run(code) as Made;
  };

  fix(
    globalThis,
    "eval",
    (source: unknown) => typeof source === "string" ? run(compile(source, false)) : source,
  );
  for (const prefix of ["function", "async function", "function*", "async function*"]) {
    const native = Object.getPrototypeOf(evaluate(trust.script(`(${prefix} () {})`))).constructor;
    const maker = function (...texts: unknown[]) {
      const body = String(texts.pop() ?? "");
      return made(prefix, texts.map(String).join(","), body);
    };
    maker.prototype = native.prototype;
    fix(native.prototype, "constructor", maker);
    if (prefix === "function") fix(globalThis, "Function", maker);
  }
  for (const name of ["setTimeout", "setInterval"] as const) {
    const timer = globalThis[name] as unknown as Made;
    fix(
      globalThis,
      name,
      (task: unknown, ...rest: unknown[]) =>
        timer(typeof task === "function" ? task : made("function", "", String(task)), ...rest),
    );
  }

  const setHandler = (element: Element, name: string, body: string) => {
    try {
      Reflect.set(element, name, made("function", "event", body));
    } catch (error) {
      reportError(error);
    }
  };
  const adopt = (root: ParentNode) => {
    for (const element of [root, ...root.querySelectorAll("*")]) {
      if (!(element instanceof Element)) continue;
      for (const { name, value } of [...element.attributes]) {
        if (!/^on[a-z]+$/i.test(name)) continue;
        removeAttribute.call(element, name);
        setHandler(element, name.toLowerCase(), value);
      }
    }
  };
  const { setAttribute, removeAttribute, attachShadow } = Element.prototype;
  fix(Element.prototype, "setAttribute", function (this: Element, name: unknown, value: unknown) {
    if (/^on[a-z]+$/i.test(String(name))) {
      return setHandler(this, String(name).toLowerCase(), String(value));
    }
    return Reflect.apply(setAttribute, this, [name, value]);
  });
  const watch = (root: Node) =>
    new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) if (node instanceof Element) adopt(node);
      }
    }).observe(root, { childList: true, subtree: true });
  fix(Element.prototype, "attachShadow", function (this: Element, options: ShadowRootInit) {
    const root = Reflect.apply(attachShadow, this, [options]);
    watch(root);
    return root;
  });
  watch(document);
}

function fix(target: object, name: string, value: unknown): void {
  // A page may put its own in place: the browser's can't be reached any more.
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

/** The part of Trusted Types that is used; the types of browsers at hand lack it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: Rules,
  ): { createHTML(text: string): unknown; createScript(text: string): unknown };
}
type Rule = (text: string, type?: string, sink?: string) => string | null;
type Rules = { createHTML?: Rule; createScript?: Rule; createScriptURL?: Rule };

function trustedTypes(): TrustedTypes | undefined {
  return (globalThis as unknown as { trustedTypes?: TrustedTypes }).trustedTypes;
}
