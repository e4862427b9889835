/**
 * The DTLS server against a client that isn't ours: `openssl s_client` over real UDP.
 */
import { expect } from "@std/expect";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { createDtlsFactory } from "./dtls.ts";
import { openSocket } from "../socket.ts";
import type { DtlsSession, Remote, SrtpKeys } from "../../ports.ts";

const here = await hasOpenSsl();
const name = (title: string) => here ? title : `${title} (skipped: no openssl command)`;

async function hasOpenSsl(): Promise<boolean> {
  try {
    const { success, stdout } = await new Deno.Command("openssl", { args: ["version"] }).output();
    return success && /^OpenSSL [3-9]/.test(new TextDecoder().decode(stdout));
  } catch {
    return false;
  }
}

interface Outcome {
  keys?: SrtpKeys;
  fingerprint?: string;
  closed?: string;
  /** What the client printed. */
  printed: string;
  /** The longest datagram that the server sent. */
  longest: number;
  /** Where the fragments of the ClientHello began. */
  helloOffsets: Set<number>;
}

const LIMIT_MS = 60_000;
const MATERIAL_BYTES = { AEAD_AES_128_GCM: 56, AES128_CM_HMAC_SHA1_80: 60 };

/** Lets the client shake hands with a server session until one of them is done. */
async function shakeHands(
  address: string,
  args: string[],
  profile: SrtpKeys["profile"] = "AEAD_AES_128_GCM",
): Promise<Outcome> {
  const factory = createDtlsFactory();
  const socket = await openSocket({ address, port: 0 });
  const host = address.includes(":") ? `[${address}]` : address;
  const client = new Deno.Command("openssl", {
    args: [
      ...["s_client", "-dtls1_2", "-connect", `${host}:${socket.port}`],
      ...["-keymatexport", "EXTRACTOR-dtls_srtp"],
      ...["-keymatexportlen", String(MATERIAL_BYTES[profile])],
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const outcome: Outcome = { printed: "", longest: 0, helloOffsets: new Set() };
  const stdin = client.stdin.getWriter();
  let over = false;
  const output = client.output().then(({ stdout, stderr }) => {
    over = true;
    const decoder = new TextDecoder();
    outcome.printed = decoder.decode(stdout) + decoder.decode(stderr);
  });

  let session: DtlsSession | undefined;
  let peer: Remote | undefined;
  let asked = false;
  const startedAt = performance.now();
  while (!over) {
    const now = performance.now();
    if (now - startedAt > LIMIT_MS) client.kill("SIGKILL");
    await socket.waitReadable(20);
    await socket.receive(0, (bytes, view, length, from) => {
      peer = from;
      // A plain handshake record with (a part of) message 1; its offset has 24 bits (RFC 6347 §4.2.2).
      const hello = bytes[0] === 22 && view.getUint16(3) === 0 && bytes[13] === 1;
      if (hello) outcome.helloOffsets.add(view.getUint32(18) & 0xffffff);
      session ??= factory.accept({
        onSend: (datagram) => {
          outcome.longest = Math.max(outcome.longest, datagram.length);
          socket.slot().bytes.set(datagram);
          socket.commit(datagram.length, peer!);
        },
        onConnected: (keys, fingerprint) => Object.assign(outcome, { keys, fingerprint }),
        onClosed: (reason) => {
          outcome.closed = reason;
        },
      });
      session.receive(bytes.subarray(0, length));
    });
    session?.tick(now);
    socket.flush();
    if (!asked && (outcome.keys !== undefined || outcome.closed !== undefined)) {
      asked = true;
      // The end of its input makes the client say goodbye and print nothing more.
      stdin.close().catch(() => {});
      if (outcome.closed !== undefined) client.kill("SIGTERM");
    }
  }
  await output;
  session?.close();
  socket.close();
  return outcome;
}

/** The exported keying material as the client prints it. */
function printedMaterial(printed: string): string | undefined {
  return /Keying material: ([0-9A-F]+)/.exec(printed)?.[1]?.toLowerCase();
}

/** Client key, server key, client salt, server salt (RFC 5764 §4.2), seen from the server. */
function serverMaterial(keys: SrtpKeys): string {
  return [keys.remoteKey, keys.localKey, keys.remoteSalt, keys.localSalt]
    .map((part) => part.toHex()).join("");
}

interface Identity {
  certificate: string;
  key: string;
  fingerprint: string;
  [Symbol.dispose](): void;
}

async function createIdentity(): Promise<Identity> {
  const folder = await Deno.makeTempDir();
  const [certificate, key] = [`${folder}/certificate.pem`, `${folder}/key.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-subj", "/CN=peer", "-days", "1", "-keyout", key, "-out", certificate],
    ],
    stderr: "null",
  }).output();
  expect(success).toBe(true);
  const { fingerprint256 } = new X509Certificate(await Deno.readTextFile(certificate));
  return {
    certificate,
    key,
    fingerprint: fingerprint256,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** A private key file that claims another's public key, so that tools take it for the certificate's own. */
async function forgeKey(victim: Identity): Promise<string> {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    format: "jwk",
  });
  const claimed = new X509Certificate(await Deno.readTextFile(victim.certificate)).publicKey.export(
    { format: "jwk" },
  );
  const bytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });
  // ECPrivateKey of RFC 5915, whose parts need not fit each other.
  const der = new Uint8Array([
    ...[0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20, ...bytes(own.d!)],
    ...[0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
    ...[0xa1, 0x44, 0x03, 0x42, 0x00, 0x04, ...bytes(claimed.x!), ...bytes(claimed.y!)],
  ]);
  const path = victim.key.replace("key.pem", "forged.pem");
  const body = der.toBase64().replaceAll(/.{64}/g, "$&\n");
  await Deno.writeTextFile(
    path,
    `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----\n`,
  );
  return path;
}

const BOTH_PROFILES = "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_128_GCM";

for (const address of ["127.0.0.1", "::1"]) {
  Deno.test({
    name: name(`another implementation shakes hands on ${address} and exports the same keys`),
    ignore: !here,
    fn: async () => {
      using identity = await createIdentity();
      const args = [
        "-use_srtp",
        BOTH_PROFILES,
        "-cert",
        identity.certificate,
        "-key",
        identity.key,
      ];
      const { keys, fingerprint, closed, printed, longest } = await shakeHands(address, args);
      // The client prefers the other profile: ours decides.
      expect(keys?.profile).toBe("AEAD_AES_128_GCM");
      expect(printedMaterial(printed)).toBe(serverMaterial(keys!));
      expect(fingerprint).toBe(identity.fingerprint);
      expect(closed).toBe("the peer closed");
      expect(longest).toBeLessThanOrEqual(1200);
    },
  });
}

Deno.test({
  name: name("a client that knows only AES128_CM_HMAC_SHA1_80 gets it"),
  ignore: !here,
  fn: async () => {
    using identity = await createIdentity();
    const args = ["-use_srtp", "SRTP_AES128_CM_SHA1_80", "-cert", identity.certificate];
    const { keys, printed } = await shakeHands(
      "127.0.0.1",
      [...args, "-key", identity.key],
      "AES128_CM_HMAC_SHA1_80",
    );
    expect(keys?.profile).toBe("AES128_CM_HMAC_SHA1_80");
    expect(printedMaterial(printed)).toBe(serverMaterial(keys!));
  },
});

Deno.test({
  name: name("a ClientHello in several fragments is put together"),
  ignore: !here,
  fn: async () => {
    using identity = await createIdentity();
    const protocols = Array.from({ length: 8 }, (_, i) => `${"protocol".repeat(15)}${i}`).join(",");
    const args = ["-use_srtp", BOTH_PROFILES, "-cert", identity.certificate, "-key", identity.key];
    const { keys, printed, helloOffsets } = await shakeHands(
      "127.0.0.1",
      [...args, "-mtu", "400", "-alpn", protocols],
    );
    expect(helloOffsets.size).toBeGreaterThan(2);
    expect(printedMaterial(printed)).toBe(serverMaterial(keys!));
  },
});

Deno.test({
  name: name("a client without a certificate is refused"),
  ignore: !here,
  fn: async () => {
    const { keys, closed } = await shakeHands("127.0.0.1", ["-use_srtp", BOTH_PROFILES]);
    expect(keys).toBeUndefined();
    expect(closed).toContain("peer did not return a certificate");
  },
});

Deno.test({
  name: name("a client that shows a certificate whose key it doesn't hold is refused"),
  ignore: !here,
  fn: async () => {
    using victim = await createIdentity();
    const forged = await forgeKey(victim);
    const args = ["-use_srtp", BOTH_PROFILES, "-cert", victim.certificate, "-key", forged];
    const { keys, closed } = await shakeHands("127.0.0.1", args);
    expect(keys).toBeUndefined();
    expect(closed).toContain("bad signature");
  },
});

Deno.test({
  name: name("a client that offers no SRTP is refused"),
  ignore: !here,
  fn: async () => {
    using identity = await createIdentity();
    const { keys, closed } = await shakeHands(
      "127.0.0.1",
      ["-cert", identity.certificate, "-key", identity.key],
    );
    expect(keys).toBeUndefined();
    expect(closed).toBe("the peer takes no SRTP profile of ours");
  },
});
