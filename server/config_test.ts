import { expect } from "@std/expect";
import { configWarnings, parseConfig } from "./config.ts";
import { ConfigError, SETTINGS } from "./settings.ts";

const parse = (environment: Record<string, string>, envFile = "") =>
  parseConfig({ environment, envFile, addresses: ["192.0.2.7"] });

Deno.test("with nothing set Lectern serves this machine only, for trying out", () => {
  expect(parse({})).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    publicUrl: "http://127.0.0.1:8080",
    database: { kind: "file", path: "./data/lectern.db", synchronous: "normal" },
    media: { address: "127.0.0.1", announcedAddress: "127.0.0.1", port: 40000, processes: 1 },
    tryIt: true,
    trustProxy: false,
    lessons: { joinEarlyMs: 900_000, endGraceMs: 900_000, emptyMs: 600_000, reconnectMs: 30_000 },
  });
});

Deno.test("an instance that others can reach offers no lessons to strangers", () => {
  expect(parse({ HOST: "0.0.0.0" }).tryIt).toBe(false);
  expect(parse({ PUBLIC_URL: "https://lessons.example.org" }).tryIt).toBe(false);
  expect(parse({ HOST: "0.0.0.0", TRY_IT: "true" }).tryIt).toBe(true);
});

Deno.test("media never binds a wildcard", () => {
  expect(parse({ HOST: "0.0.0.0" }).media.address).toBe("192.0.2.7");
  expect(() => parse({ MEDIA_ADDRESS: "0.0.0.0" })).toThrow(ConfigError);
  expect(() => parseConfig({ environment: { HOST: "0.0.0.0" } })).toThrow("set MEDIA_ADDRESS");
});

Deno.test("the environment wins over the .env file, and an empty value counts as unset", () => {
  const file = "PORT=9000\nLOG_LEVEL=debug # while we look\nHOST=\n";
  expect(parse({}, file)).toMatchObject({ port: 9000, log: { level: "debug" }, host: "127.0.0.1" });
  expect(parse({ PORT: "9001" }, file).port).toBe(9001);
});

Deno.test("a TURN server has addresses and a secret, or there is none", () => {
  expect(parse({}).media.turn).toBeNull();
  expect(
    parse({
      TURN_URLS: "turn:turn.example.org:3478, turns:turn.example.org:443?transport=tcp",
      TURN_SECRET: "north",
    }).media.turn,
  ).toEqual({
    urls: ["turn:turn.example.org:3478", "turns:turn.example.org:443?transport=tcp"],
    secret: "north",
  });
  expect(() => parse({ TURN_URLS: "turn:turn.example.org" })).toThrow("set TURN_SECRET");
});

Deno.test("several media processes need as many ports", () => {
  expect(parse({ MEDIA_PORT: "50000", MEDIA_PROCESSES: "4" }).media)
    .toMatchObject({ port: 50_000, processes: 4 });
  expect(() => parse({ MEDIA_PORT: "65535", MEDIA_PROCESSES: "2" })).toThrow("no port 65536");
});

Deno.test("a bad value is named with what is expected", () => {
  const bad: Record<string, string> = {
    HOST: "a b",
    PORT: "0",
    PUBLIC_URL: "https://example.org/lessons",
    DATABASE_SYNC: "off",
    LIBSQL_URL: "mysql://x",
    MEDIA_ADDRESS: "::",
    MEDIA_ANNOUNCED_ADDRESS: "lessons.example.org",
    MEDIA_PROCESSES: "0",
    MEDIA_PORT: "70000",
    TURN_URLS: "turn.example.org",
    TRY_IT: "maybe",
    TRUST_PROXY: "2",
    JOIN_EARLY_MINUTES: "-1",
    END_GRACE_MINUTES: "1.5",
    EMPTY_MINUTES: "soon",
    RECONNECT_SECONDS: "99999",
    RECORDING_RETENTION_DAYS: "a month",
    RECORDING_FREE_MB: "-5",
    LOG_LEVEL: "loud",
    LOG_FORMAT: "xml",
  };
  for (const [name, value] of Object.entries(bad)) {
    const message = `${name} is ${JSON.stringify(value)}: expected `;
    expect(() => parse({ [name]: value })).toThrow(message);
  }
});

Deno.test("a secret that can't be used is not shown", () => {
  const secret = "s".repeat(20_000);
  const attempt = () => parse({ LIBSQL_URL: "libsql://db", LIBSQL_AUTH_TOKEN: secret });
  expect(attempt).toThrow("LIBSQL_AUTH_TOKEN is set to something unusable");
});

Deno.test("a public address loses its trailing slash", () => {
  expect(parse({ PUBLIC_URL: "https://lessons.example.org/" }).publicUrl)
    .toBe("https://lessons.example.org");
});

Deno.test("a public instance that nobody can hear is warned about", () => {
  const warnings = (environment: Record<string, string>) => configWarnings(parse(environment));
  const PUBLIC_URL = "https://lessons.example.org";
  expect(warnings({})).toEqual([]);
  expect(warnings({ PUBLIC_URL })).toEqual([expect.stringContaining("Set MEDIA_ADDRESS")]);
  expect(warnings({ PUBLIC_URL, MEDIA_ADDRESS: "192.0.2.7" })).toEqual([]);
  expect(warnings({ PUBLIC_URL: "http://lessons.example.org", MEDIA_ADDRESS: "192.0.2.7" }))
    .toEqual([expect.stringContaining("https pages only")]);
});

Deno.test("an object store is configured whole or not at all", () => {
  const all = {
    S3_ENDPOINT: "https://s3.example.org/",
    S3_BUCKET: "lessons",
    S3_ACCESS_KEY_ID: "id",
    S3_SECRET_ACCESS_KEY: "secret",
  };
  expect(parseConfig({ environment: {} }).recordings.objects).toBeNull();
  expect(parseConfig({ environment: all }).recordings.objects).toEqual({
    endpoint: "https://s3.example.org",
    bucket: "lessons",
    region: "us-east-1",
    accessKeyId: "id",
    secretAccessKey: "secret",
  });
  for (const name of ["S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"]) {
    expect(() => parseConfig({ environment: { ...all, [name]: "" } }))
      .toThrow(`S3_ENDPOINT is set: set ${name} too.`);
  }
});

Deno.test("DEPLOY.md's table names every setting and its default", async () => {
  const page = await Deno.readTextFile(new URL("../DEPLOY.md", import.meta.url));
  const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \| (.*?) \|/gm)];
  expect(rows.map((row) => row[1])).toEqual(Object.keys(SETTINGS));
  for (const [, name, shown] of rows) {
    const { fallback } = SETTINGS[name as keyof typeof SETTINGS];
    if (fallback !== null) expect(`${name} ${shown}`).toBe(`${name} \`${fallback}\``);
  }
});

Deno.test("API_KEY wants a key that nobody guesses, and is never quoted", () => {
  expect(parse({}).apiKey).toBeNull();
  const key = "lk_0123456789abcdef0123456789abcdef";
  expect(parse({ API_KEY: key }).apiKey).toBe(key);
  for (
    const bad of [
      "change-me",
      "a".repeat(40),
      "with spaces 0123456789abcdef0123456789",
      "é".repeat(40),
    ]
  ) {
    const thrown = (() => {
      try {
        return parse({ API_KEY: bad }).apiKey;
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as Error).message).toContain("API_KEY is set to something unusable");
    expect((thrown as Error).message).not.toContain(bad);
  }
});
