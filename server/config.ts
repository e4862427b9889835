/**
 * The configuration as the program reads it: from the environment and a `.env` file beside `main.ts`, by the table in
 * `settings.ts`, with what is derived from other settings.
 */
import { parseEnv } from "node:util";
import { z } from "zod";
import type { DatabaseLocation } from "../db/database.ts";
import type { S3Location } from "../recorder/io/s3_objects.ts";
import type { SmtpOptions } from "./notify/smtp.ts";
import type { TurnOptions } from "./sfu/io/turn.ts";
import {
  ConfigError,
  isWildcard,
  type LogLevel,
  readSetting,
  type SettingName,
  type Value,
} from "./settings.ts";

export const VERSION = "0.2.0";

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
  /** The first API key, for installations that nobody watches; null to make one and print it. */
  apiKey: string | null;
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
  const read = <N extends SettingName>(name: N): Value<N> | null => readSetting(name, values[name]);
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
    apiKey: read("API_KEY"),
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
