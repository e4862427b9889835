/**
 * What an operator may set, by environment or by a `.env` file beside `main.ts`, and what holds when nothing is set.
 *
 * Invariant: every setting is in {@linkcode SETTINGS}, and the README's table says the same (a test compares them).
 * A bad value stops the start with its name, its value and what is expected.
 */
import { parseEnv } from "node:util";
import { z } from "zod";
import type { DatabaseLocation } from "../db/database.ts";
import type { S3Location } from "../recorder/io/s3_objects.ts";
import type { SmtpOptions } from "./notify/smtp.ts";
import type { TurnOptions } from "./sfu/io/turn.ts";
import { MAX_MEDIA_PROCESSES } from "./sfu/media_limits.ts";

export const VERSION = "0.1.0";

export interface Config {
  host: string;
  port: number;
  /** Scheme and host that people's links begin with; no slash at the end. */
  publicUrl: string;
  /** Where this machine reaches the server itself, past any proxy. */
  localUrl: string;
  /** Whether the operator named the public address, rather than us deriving it from host and port. */
  publicUrlGiven: boolean;
  dataDir: string;
  database: DatabaseLocation;
  media: {
    /** The address that the media socket binds. Never a wildcard: ICE would be answered from another address. */
    address: string;
    /** The address that browsers are told. */
    announcedAddress: string;
    /** The first process's; the others follow. */
    port: number;
    /** How many processes share the rooms. */
    processes: number;
    /** A relay for networks that let nothing else through; null for none. */
    turn: TurnOptions | null;
  };
  tryIt: boolean;
  trustProxy: boolean;
  /** What one API key may ask in a minute. */
  apiRequestsPerMinute: number;
  /** Webhooks may go to addresses inside private networks. */
  webhookPrivate: boolean;
  /** Null when no mails are sent. */
  mail: SmtpOptions | null;
  log: { level: LogLevel; format: "json" | "text" };
  recordings: {
    /** Media isn't kept while the disk has less than this. */
    freeBytes: number;
    /** Recordings are deleted so long after their end; null keeps them. */
    retentionMs: number | null;
    /** Where video and sound are moved to; null keeps them in the database. */
    objects: S3Location | null;
  };
  lessons: {
    joinEarlyMs: number;
    endGraceMs: number;
    /** What a tutor may add to a running lesson, in all. */
    extendMs: number;
    emptyMs: number;
    reconnectMs: number;
    /** How long before the start people are reminded; 0 for never. */
    reminderMs: number;
  };
}

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

type SettingName = keyof typeof SETTINGS;
type Value<N extends SettingName> = (typeof SETTINGS)[N] extends Setting<infer T> ? T : never;

export interface ConfigSources {
  environment: Record<string, string>;
  /** The text of the `.env` file, if there is one. The environment wins over it. */
  envFile?: string;
  /** IPv4 addresses of this machine that aren't loopback, to choose a media address for a wildcard host. */
  addresses?: readonly string[];
}

/** Reads the whole configuration; throws a {@linkcode ConfigError}. */
export function parseConfig(sources: ConfigSources): Config {
  const values = { ...parseEnv(sources.envFile ?? ""), ...sources.environment };
  const read = <N extends SettingName>(name: N): Value<N> | null =>
    readSetting(name, SETTINGS[name] as unknown as Setting<Value<N>>, values[name]);
  const given = <N extends SettingName>(name: N): Value<N> => {
    const value = read(name);
    if (value === null) throw new Error(`${name} has no value and no fallback`);
    return value;
  };

  const host = given("HOST");
  const servingPort = given("PORT");
  const publicUrl = read("PUBLIC_URL");
  const dataDir = given("DATA_DIR");
  const libsqlUrl = read("LIBSQL_URL");
  const mediaAddress = read("MEDIA_ADDRESS") ?? deriveMediaAddress(host, sources.addresses ?? []);
  const minutes = (name: SettingName & `${string}_MINUTES`) => given(name) * 60_000;
  return {
    host,
    port: servingPort,
    publicUrl: publicUrl ?? deriveUrl(host, servingPort),
    localUrl: deriveUrl(host, servingPort),
    publicUrlGiven: publicUrl !== null,
    dataDir,
    database: libsqlUrl === null
      ? { kind: "file", path: `${dataDir}/lectern.db`, synchronous: given("DATABASE_SYNC") }
      : { kind: "remote", url: libsqlUrl, authToken: read("LIBSQL_AUTH_TOKEN") ?? undefined },
    media: {
      address: mediaAddress,
      announcedAddress: read("MEDIA_ANNOUNCED_ADDRESS") ?? mediaAddress,
      ...readMediaPorts(given("MEDIA_PORT"), given("MEDIA_PROCESSES")),
      turn: readTurn(read("TURN_URLS"), read("TURN_SECRET")),
    },
    tryIt: read("TRY_IT") ?? (publicUrl === null && isLoopback(host)),
    trustProxy: given("TRUST_PROXY"),
    apiRequestsPerMinute: given("API_REQUESTS_PER_MINUTE"),
    webhookPrivate: given("WEBHOOK_PRIVATE"),
    mail: readMail(read("SMTP_URL"), read("MAIL_FROM")),
    log: { level: given("LOG_LEVEL"), format: given("LOG_FORMAT") },
    recordings: {
      freeBytes: given("RECORDING_FREE_MB") * 1024 * 1024,
      retentionMs: given("RECORDING_RETENTION_DAYS") * 86_400_000 || null,
      objects: readObjects(read("S3_ENDPOINT"), {
        S3_BUCKET: read("S3_BUCKET"),
        S3_ACCESS_KEY_ID: read("S3_ACCESS_KEY_ID"),
        S3_SECRET_ACCESS_KEY: read("S3_SECRET_ACCESS_KEY"),
      }, given("S3_REGION")),
    },
    lessons: {
      joinEarlyMs: minutes("JOIN_EARLY_MINUTES"),
      endGraceMs: minutes("END_GRACE_MINUTES"),
      extendMs: minutes("EXTEND_MINUTES"),
      emptyMs: minutes("EMPTY_MINUTES"),
      reconnectMs: given("RECONNECT_SECONDS") * 1000,
      reminderMs: minutes("REMINDER_MINUTES"),
    },
  };
}

function readMail(address: string | null, from: string | null): SmtpOptions | null {
  if (address === null) return null;
  if (from === null) throw new ConfigError("SMTP_URL is set: set MAIL_FROM too.");
  const url = new URL(address);
  const secure = url.protocol === "smtps:";
  const part = (text: string) => decodeURIComponent(text);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? secure ? 465 : 587 : Number(url.port),
    secure,
    auth: url.username === "" ? null : { user: part(url.username), pass: part(url.password) },
    from,
  };
}

function readMediaPorts(port: number, processes: number): { port: number; processes: number } {
  const last = port + processes - 1;
  if (last > 65535) {
    throw new ConfigError(
      `MEDIA_PORT is ${port} and MEDIA_PROCESSES ${processes}: there is no port ${last}.`,
    );
  }
  return { port, processes };
}

function readTurn(urls: string | null, secret: string | null): TurnOptions | null {
  if (urls === null) return null;
  if (secret === null) throw new ConfigError("TURN_URLS is set: set TURN_SECRET too.");
  return { urls: urls.split(",").map((url) => url.trim()), secret };
}

type ObjectSettings = "S3_BUCKET" | "S3_ACCESS_KEY_ID" | "S3_SECRET_ACCESS_KEY";

function readObjects(
  endpoint: string | null,
  needed: Record<ObjectSettings, string | null>,
  region: string,
): S3Location | null {
  if (endpoint === null) return null;
  const present = (name: ObjectSettings) => {
    const value = needed[name];
    if (value === null) throw new ConfigError(`S3_ENDPOINT is set: set ${name} too.`);
    return value;
  };
  return {
    endpoint,
    bucket: present("S3_BUCKET"),
    region,
    accessKeyId: present("S3_ACCESS_KEY_ID"),
    secretAccessKey: present("S3_SECRET_ACCESS_KEY"),
  };
}

/** Reads the configuration of this process, with the `.env` file of the working folder. */
export function loadConfig(): Config {
  return parseConfig({
    environment: Deno.env.toObject(),
    envFile: readEnvFile(),
    addresses: Deno.networkInterfaces()
      .filter((network) => network.family === "IPv4" && !isLoopback(network.address))
      .map((network) => network.address),
  });
}

/** What is allowed and yet will disappoint: one sentence each, for the log at the start. */
export function configWarnings(config: Config): string[] {
  const warnings: string[] = [];
  const { hostname, protocol } = new URL(config.publicUrl);
  if (isLoopback(hostname)) return warnings;
  if (isLoopback(config.media.announcedAddress)) {
    warnings.push(
      `People elsewhere will neither see nor hear each other: media is at ${config.media.announcedAddress}. ` +
        "Set MEDIA_ADDRESS.",
    );
  }
  if (protocol === "http:") {
    warnings.push(
      "Browsers give cameras and microphones to https pages only. Put a proxy with TLS in front and set PUBLIC_URL.",
    );
  }
  return warnings;
}

function readEnvFile(): string {
  try {
    return Deno.readTextFileSync(".env");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function setting<T>(setting: Setting<T>): Setting<T> {
  return setting;
}

/** An empty value counts as unset: that is how compose files pass on what nobody set. */
function readSetting<T>(name: string, setting: Setting<T>, raw: string | undefined): T | null {
  if (raw === undefined || raw.trim() === "") return setting.fallback;
  const parsed = setting.schema.safeParse(raw.trim());
  if (parsed.success) return parsed.data;
  const shown = setting.secret === true ? "set to something unusable" : JSON.stringify(raw);
  throw new ConfigError(`${name} is ${shown}: expected ${setting.expects}.`);
}

function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" &&
    url.hash === "" && url.username === "";
}

function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function deriveUrl(host: string, port: number): string {
  const name = isWildcard(host) ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

function deriveMediaAddress(host: string, addresses: readonly string[]): string {
  if (host === "localhost") return "127.0.0.1";
  if (!isWildcard(host)) {
    if (z.union([z.ipv4(), z.ipv6()]).safeParse(host).success) return host;
    throw new ConfigError(`HOST is the name "${host}": set MEDIA_ADDRESS to its IP address.`);
  }
  const [first] = addresses;
  if (first === undefined) {
    throw new ConfigError(`HOST is "${host}" and no network address was found: set MEDIA_ADDRESS.`);
  }
  return first;
}
