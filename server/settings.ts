/**
 * What an operator may set, by environment or by a `.env` file beside `main.ts`, and what holds when nothing is set.
 *
 * Invariant: every setting is in {@linkcode SETTINGS}, and DEPLOY.md's table says the same (a test compares them).
 * A bad value stops the start with its name, its value and what is expected.
 */
import { z } from "zod";
import { MAX_MEDIA_PROCESSES } from "./sfu/media_limits.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** The environment or the `.env` file holds something that can't be used. The text is meant for the operator. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

interface Setting<T> {
  schema: z.ZodType<T, string>;
  /** What an operator should write, to complete "expected …". */
  expects: string;
  /** The value when unset; `null` when it is derived or there is none. */
  fallback: T | null;
  secret?: boolean;
}

const text = z.string().max(1000);
const whole = (least: number, most: number) =>
  z.string().regex(/^\d{1,9}$/).transform(Number).pipe(z.int().min(least).max(most));
const flag = z.enum(["true", "false", "1", "0"]).transform((value) =>
  value === "true" || value === "1"
);
const port: Pick<Setting<number>, "schema" | "expects"> = {
  schema: whole(1, 65535),
  expects: "a port from 1 to 65535",
};
const duration = (most: number): Pick<Setting<number>, "schema" | "expects"> => ({
  schema: whole(0, most),
  expects: `a whole number from 0 to ${most}`,
});
const address: Pick<Setting<string>, "schema" | "expects"> = {
  schema: z.union([z.ipv4(), z.ipv6()]).refine((value) => !isWildcard(value)),
  expects: "one IP address of this machine, not a wildcard",
};

/** Every setting, by the name of its variable. */
export const SETTINGS = {
  HOST: setting<string>({
    schema: text.regex(/^[A-Za-z0-9.:-]+$/),
    expects: "an address to listen on, such as 127.0.0.1 or 0.0.0.0",
    fallback: "127.0.0.1",
  }),
  PORT: setting<number>({ ...port, fallback: 8080 }),
  PUBLIC_URL: setting<string>({
    schema: text.refine(isOrigin).transform((value) => new URL(value).origin),
    expects: "an address such as https://lessons.example.org, without a path",
    fallback: null,
  }),
  DATA_DIR: setting<string>({ schema: text, expects: "a folder", fallback: "./data" }),
  DATABASE_SYNC: setting<"normal" | "full">({
    schema: z.enum(["normal", "full"]),
    expects: "normal or full",
    fallback: "normal",
  }),
  LIBSQL_URL: setting<string>({
    schema: text.regex(/^(libsql|https?|wss?):\/\//),
    expects: "the address of a libSQL server, such as libsql://db.example.org",
    fallback: null,
  }),
  LIBSQL_AUTH_TOKEN: setting<string>({
    schema: z.string().max(10_000),
    expects: "the token of the libSQL server",
    fallback: null,
    secret: true,
  }),
  MEDIA_ADDRESS: setting<string>({ ...address, fallback: null }),
  MEDIA_ANNOUNCED_ADDRESS: setting<string>({
    ...address,
    expects: "the IP address that browsers reach the media port at",
    fallback: null,
  }),
  MEDIA_PORT: setting<number>({ ...port, fallback: 40000 }),
  MEDIA_PROCESSES: setting<number>({
    schema: whole(1, MAX_MEDIA_PROCESSES),
    expects: `a whole number from 1 to ${MAX_MEDIA_PROCESSES}`,
    fallback: 1,
  }),
  TURN_URLS: setting<string>({
    schema: text.regex(/^turns?:[^\s,]+(\s*,\s*turns?:[^\s,]+)*$/),
    expects: "addresses such as turn:turn.example.org:3478, separated by commas",
    fallback: null,
  }),
  TURN_SECRET: setting<string>({
    schema: text,
    expects: "the relay's static-auth-secret",
    fallback: null,
    secret: true,
  }),
  API_KEY: setting<string>({
    schema: text.regex(/^[A-Za-z0-9_-]{32,200}$/).refine(isVaried),
    expects:
      "32 to 200 letters, digits, - and _ that nobody guesses, such as `openssl rand -hex 32` prints",
    fallback: null,
    secret: true,
  }),
  TRY_IT: setting<boolean>({ schema: flag, expects: "true or false", fallback: null }),
  TRUST_PROXY: setting<boolean>({ schema: flag, expects: "true or false", fallback: false }),
  API_REQUESTS_PER_MINUTE: setting<number>({
    schema: whole(1, 1_000_000),
    expects: "a whole number from 1 to 1000000",
    fallback: 600,
  }),
  WEBHOOK_PRIVATE: setting<boolean>({ schema: flag, expects: "true or false", fallback: false }),
  SMTP_URL: setting<string>({
    schema: text.regex(/^smtps?:\/\/[^/]+\/?$/).refine((value) => URL.canParse(value)),
    expects: "an address such as smtps://user:password@mail.example.org",
    fallback: null,
    secret: true,
  }),
  MAIL_FROM: setting<string>({
    schema: text.regex(/^(?:[^<>@\p{Cc}]+<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u),
    expects: "a sender such as Lectern <lessons@example.org>",
    fallback: null,
  }),
  REMINDER_MINUTES: setting<number>({ ...duration(10_080), fallback: 60 }),
  JOIN_EARLY_MINUTES: setting<number>({ ...duration(1440), fallback: 15 }),
  END_GRACE_MINUTES: setting<number>({ ...duration(1440), fallback: 15 }),
  EXTEND_MINUTES: setting<number>({ ...duration(1440), fallback: 60 }),
  EMPTY_MINUTES: setting<number>({ ...duration(1440), fallback: 10 }),
  RECONNECT_SECONDS: setting<number>({ ...duration(3600), fallback: 30 }),
  RECORDING_RETENTION_DAYS: setting<number>({ ...duration(36_500), fallback: 0 }),
  RECORDING_FREE_MB: setting<number>({ ...duration(100_000_000), fallback: 500 }),
  S3_ENDPOINT: setting<string>({
    schema: text.refine(isOrigin).transform((value) => new URL(value).origin),
    expects: "the address of an S3-compatible store, such as https://s3.example.org",
    fallback: null,
  }),
  S3_BUCKET: setting<string>({
    schema: text.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    expects: "the name of a bucket",
    fallback: null,
  }),
  S3_REGION: setting<string>({
    schema: text.regex(/^[a-z0-9-]{1,63}$/),
    expects: "a region such as eu-central-1",
    fallback: "us-east-1",
  }),
  S3_ACCESS_KEY_ID: setting<string>({
    schema: text,
    expects: "the id of the store's key",
    fallback: null,
  }),
  S3_SECRET_ACCESS_KEY: setting<string>({
    schema: text,
    expects: "the store's key",
    fallback: null,
    secret: true,
  }),
  LOG_LEVEL: setting<LogLevel>({
    schema: z.enum(["debug", "info", "warn", "error"]),
    expects: "debug, info, warn or error",
    fallback: "info",
  }),
  LOG_FORMAT: setting<"json" | "text">({
    schema: z.enum(["json", "text"]),
    expects: "json or text",
    fallback: "text",
  }),
};

export type SettingName = keyof typeof SETTINGS;
export type Value<N extends SettingName> = (typeof SETTINGS)[N] extends Setting<infer T> ? T
  : never;

function setting<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/**
 * The value of one setting; throws a {@linkcode ConfigError}. An empty value counts as unset: that is how compose
 * files pass on what nobody set.
 */
export function readSetting<N extends SettingName>(
  name: N,
  raw: string | undefined,
): Value<N> | null {
  const setting = SETTINGS[name] as unknown as Setting<Value<N>>;
  if (raw === undefined || raw.trim() === "") return setting.fallback;
  const parsed = setting.schema.safeParse(raw.trim());
  if (parsed.success) return parsed.data;
  const shown = setting.secret === true ? "set to something unusable" : JSON.stringify(raw);
  throw new ConfigError(`${name} is ${shown}: expected ${setting.expects}.`);
}

/** Random text of this length never has so few different characters. */
function isVaried(value: string): boolean {
  return new Set(value).size >= 8;
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" &&
    url.hash === "" && url.username === "";
}

/** Whether a host means every address of this machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
