/**
 * What browsers are told about our pages.
 *
 * Invariant: scripts come from our own host only, and no page but our own may frame ours. There is no
 * Cross-Origin-Embedder-Policy: nothing here needs cross-origin isolation, and the runners' frames would break.
 */

/** Sent with every answer. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

/** Sent with the pages. `origins` are the addresses by which people reach us. */
export function pageHeaders(
  publicUrl: string,
  origins: readonly string[],
): Record<string, string> {
  const socket = publicUrl.replace(/^http/, "ws");
  return {
    "content-security-policy": policy({
      "default-src": "'none'",
      "script-src": "'self' 'wasm-unsafe-eval'",
      "style-src": "'self' 'unsafe-inline'",
      "img-src": "'self' data: blob:",
      "font-src": "'self' data:",
      "media-src": "'self' blob:",
      "connect-src": `'self' ${socket}`,
      "worker-src": "'self' blob:",
      // A frame that leads itself elsewhere is stopped by this: its own policy doesn't reach so far.
      "frame-src": below(origins),
      "manifest-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
    }),
    "permissions-policy": "camera=(self), microphone=(self), display-capture=(self), " +
      "fullscreen=(self), geolocation=(), payment=(), usb=()",
    "cache-control": "no-cache",
  };
}

/**
 * Sent with the document that becomes a lesson's HTML page. It can fetch nothing at all, has no workers and no frames, and
 * texts become markup or script through the policies of `client/stages/code/sandbox/preview.ts` only.
 */
export function previewHeaders(origins: readonly string[]): Record<string, string> {
  return {
    "content-security-policy": policy({
      "sandbox": "allow-scripts",
      "default-src": "'none'",
      "script-src": `${below(origins)} 'unsafe-inline' 'unsafe-eval'`,
      "style-src": "'unsafe-inline' data:",
      "img-src": "data: blob:",
      "media-src": "data: blob:",
      "font-src": "data:",
      "connect-src": "'none'",
      "worker-src": "'none'",
      "frame-src": "'none'",
      "object-src": "'none'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'self'",
      "require-trusted-types-for": "'script'",
      "trusted-types": "lectern default",
    }),
    "permissions-policy":
      "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()",
    "x-dns-prefetch-control": "off",
    "access-control-allow-origin": "*",
  };
}

/**
 * Sent with everything else under `/sandbox/`: the frame in which people's code runs. Its origin is opaque, so it may
 * evaluate what it likes; it can ask `/sandbox/` for more of itself, at the addresses that people reach us by, and
 * nobody for anything else.
 */
export function sandboxHeaders(origins: readonly string[]): Record<string, string> {
  const own = below(origins);
  return {
    "content-security-policy": policy({
      "sandbox": "allow-scripts",
      "default-src": "'none'",
      "script-src": `${own} 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval' data: blob:`,
      "style-src": "'unsafe-inline' data: blob:",
      "img-src": "data: blob:",
      "media-src": "data: blob:",
      "font-src": "data:",
      "connect-src": `${own} data: blob:`,
      "worker-src": "data: blob:",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'self'",
    }),
    "access-control-allow-origin": "*",
  };
}

/** The sandbox at the addresses by which people reach us. */
function below(origins: readonly string[]): string {
  return [...new Set(origins)].map((origin) => `${origin}/sandbox/`).join(" ");
}

function policy(directives: Record<string, string>): string {
  return Object.entries(directives).map(([name, value]) => `${name} ${value}`).join("; ");
}
