/** What the landing asks of the server: what this instance offers, and a lesson to try. */

export interface Instance {
  /** A lesson can be made here by anyone. */
  tryIt: boolean;
  version: string | null;
  /** Where the API is described, if it is. */
  apiDocs: string | null;
}

/** A lesson made for trying: a link for each side. */
export interface TryLinks {
  tutor: string;
  student: string;
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json();
  return typeof body === "object" && body !== null ? body as Record<string, unknown> : {};
}

/** Only a path of this host, or an http address, may become a link. */
function addressOf(value: unknown): string | null {
  if (typeof value !== "string" || !URL.canParse(value, location.href)) return null;
  const url = new URL(value, location.href);
  return /^https?:$/.test(url.protocol) ? url.href : null;
}

/** Answers a bare instance when the server doesn't say. */
export async function askInstance(): Promise<Instance> {
  try {
    const body = await readJson(await fetch("/api/instance"));
    return {
      tryIt: body["tryIt"] === true,
      version: typeof body["version"] === "string" ? body["version"] : null,
      apiDocs: addressOf(body["apiDocs"]),
    };
  } catch {
    return { tryIt: false, version: null, apiDocs: null };
  }
}

/** Answers null when no lesson could be made. */
export async function makeTryLinks(): Promise<TryLinks | null> {
  try {
    const response = await fetch("/api/try", { method: "POST" });
    if (!response.ok) return null;
    const body = await readJson(response);
    const tutor = addressOf(body["tutor"]);
    const student = addressOf(body["student"]);
    return tutor !== null && student !== null ? { tutor, student } : null;
  } catch {
    return null;
  }
}
