/**
 * What the tests use of the machine beside Deno, and how it gets there. It is asked for before anything runs, so that
 * no test is skipped for want of a program.
 */

export interface Need {
  what: string;
  /** Debian's package. */
  debian: string;
  /** One of these programs. */
  programs?: readonly string[];
  /** Or a library that the system's loader finds. */
  library?: string;
}

const FOLDERS = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/bin", "/sbin"];

export const NEEDS: readonly Need[] = [
  {
    what: "Chromium",
    debian: "chromium",
    programs: ["chromium", "chromium-browser", "google-chrome"],
  },
  { what: "Firefox", debian: "firefox-esr", programs: ["firefox-esr", "firefox"] },
  { what: "ffmpeg and ffprobe", debian: "ffmpeg", programs: ["ffprobe"] },
  { what: "coturn, a relay for media", debian: "coturn", programs: ["turnserver"] },
  { what: "nginx", debian: "nginx", programs: ["nginx"] },
  { what: "Caddy", debian: "caddy", programs: ["caddy"] },
  { what: "iproute2, for networks of their own", debian: "iproute2", programs: ["ip"] },
  {
    what: "util-linux, for processes with fewer rights",
    debian: "util-linux",
    programs: ["setpriv"],
  },
  { what: "curl", debian: "curl", programs: ["curl"] },
  { what: "OpenSSL's command", debian: "openssl", programs: ["openssl"] },
  { what: "OpenSSL 3", debian: "libssl3", library: "libssl.so.3" },
];

const ADVICE_ELSEWHERE = "On another system install what its packages call the same.";

export interface NeedsOptions {
  needs?: readonly Need[];
  /** Only root may, where there is Debian's installer. */
  mayInstall?: boolean;
}

/** Installs what is missing, where that is possible. Answers in words what still is, or null. */
export async function meetNeeds(
  say: (text: string) => void,
  options: NeedsOptions = {},
): Promise<string | null> {
  const { needs = NEEDS, mayInstall = await canInstall() } = options;
  const missing = await missingOf(needs);
  if (missing.length === 0) return null;
  const packages = missing.map(({ debian }) => debian);
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (mayInstall) {
    say(`Installing what the tests need: ${packages.join(", ")} …`);
    const installed = await run("sh", "-c", `apt-get update -qq && ${install} -qq >/dev/null`);
    const still = await missingOf(missing);
    if (installed && still.length === 0) return null;
    return tell(installed ? still : missing, install);
  }
  return tell(missing, install);
}

async function canInstall(): Promise<boolean> {
  return Deno.build.os === "linux" && Deno.uid() === 0 && await exists("/usr/bin/apt-get");
}

function tell(missing: readonly Need[], install: string): string {
  const list = missing.map(({ what, debian }) => `  ${what} (Debian: ${debian})`).join("\n");
  return `The tests need what isn't installed:\n\n${list}\n\n` +
    `On Debian, as root: apt-get update && ${install}\n${ADVICE_ELSEWHERE}`;
}

async function missingOf(needs: readonly Need[]): Promise<Need[]> {
  const missing: Need[] = [];
  for (const need of needs) {
    if (!await isMet(need)) missing.push(need);
  }
  return missing;
}

async function isMet({ programs = [], library }: Need): Promise<boolean> {
  if (library !== undefined) return isLoadable(library);
  const found = await Promise.all(programs.map(locate));
  return found.some((path) => path !== undefined);
}

/** Also where only root's search path leads. */
export async function locate(program: string): Promise<string | undefined> {
  for (const folder of FOLDERS) {
    if (await exists(`${folder}/${program}`)) return `${folder}/${program}`;
  }
  return undefined;
}

function isLoadable(library: string): boolean {
  try {
    Deno.dlopen(library, {}).close();
    return true;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  return success;
}
