/** `/api/docs`: the OpenAPI document for people, as one page without scripts. */
import type { OpenApiDocument } from "./openapi.ts";

type Json = Record<string, unknown>;

/** Sent with the page: it needs its own style and nothing else. */
export const DOCS_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

const STYLE = `
:root{color-scheme:light dark;--paper:oklch(.972 .01 85);--raised:oklch(.992 .005 85);--ink:oklch(.26 .025 265);
--soft:oklch(.46 .022 265);--line:oklch(.885 .015 85);--accent:oklch(.41 .125 266)}
@media (prefers-color-scheme:dark){:root{--paper:oklch(.225 .014 258);--raised:oklch(.268 .016 258);
--ink:oklch(.93 .012 85);--soft:oklch(.755 .014 85);--line:oklch(.345 .018 258);--accent:oklch(.79 .095 264)}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:32px 20px 96px}
h1,h2{font-family:Georgia,serif;font-weight:600;line-height:1.2}
h1{font-size:2.25rem;margin:0 0 8px}h2{margin:48px 0 12px}
h3{font-size:1rem;margin:0}
a{color:var(--accent)}
code,pre{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.875rem}
pre{overflow-x:auto;padding:12px 16px;background:var(--raised);border:1px solid var(--line);border-radius:12px}
nav ul{columns:2 260px;padding:0;list-style:none}
details,.type{background:var(--raised);border:1px solid var(--line);border-radius:12px;margin:8px 0}
summary{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:baseline;padding:12px 16px;min-height:44px;cursor:pointer}
summary:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
details>div,.type{padding:12px 16px}
.method{min-width:4.5em;font-weight:600;text-transform:uppercase;color:var(--accent)}
.path{overflow-wrap:anywhere}
.says{color:var(--soft)}
table{width:100%;border-collapse:collapse}
td,th{padding:6px 12px 6px 0;border-top:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{font-weight:600}
`;

export function apiDocs(document: OpenApiDocument): string {
  const info = document["info"] as { description: string; version: string };
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = ""] = operation["tags"] as string[];
      groups.set(tag, [...groups.get(tag) ?? [], operationHtml(method, path, operation)]);
    }
  }
  const operations = [...groups].map(([tag, items]) =>
    `<h2 id="${slug(tag)}">${escape(tag)}</h2>${items.join("")}`
  );
  const webhooks = Object.entries(document.webhooks).map(([type, { post }]) =>
    webhookHtml(type, post as Json)
  );
  const types = Object.entries(document.components.schemas)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([name, schema]) => typeHtml(name, schema));
  const contents = [...groups.keys(), ...(webhooks.length > 0 ? ["Webhooks"] : []), "Types"]
    .map((name) => `<li><a href="#${slug(name)}">${escape(name)}</a></li>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>API · Lectern</title><style>${STYLE}</style></head><body><main>
<h1>Lectern API</h1><p class="says">Version ${
    escape(info.version)
  } · <a href="/api/v1/openapi.json">openapi.json</a></p>
<p>${prose(info.description)}</p>
<pre>Authorization: Bearer lk_…</pre>
<nav aria-label="Contents"><ul>${contents.join("")}</ul></nav>
${operations.join("")}
${webhooks.length > 0 ? `<h2 id="webhooks">Webhooks</h2>${webhooks.join("")}` : ""}
<h2 id="types">Types</h2>${types.join("")}
</main></body></html>`;
}

function operationHtml(method: string, path: string, operation: Json): string {
  const parameters = operation["parameters"] as Json[];
  const rows = parameters.map((parameter) =>
    row([
      `<code>${escape(String(parameter["name"]))}</code>`,
      escape(String(parameter["in"])),
      parameter["in"] === "header" ? "" : typeOf(parameter["schema"] as Json),
      prose(String(parameter["description"] ?? "")),
    ])
  );
  const body = (operation["requestBody"] as { content: Record<string, Json> } | undefined)
    ?.content["application/json"]?.["schema"] as Json | undefined;
  const answers = Object.entries(operation["responses"] as Record<string, Json>)
    .map(([status, answer]) => answerRow(status, answer));
  return `<details id="${escape(String(operation["operationId"]))}"><summary><code class="method">${
    escape(method)
  }</code><code class="path">${escape(path)}</code><span class="says">${
    escape(String(operation["summary"]))
  }</span></summary><div>
${operation["description"] === undefined ? "" : `<p>${prose(String(operation["description"]))}</p>`}
${body === undefined ? "" : `<p>Body: ${typeOf(body)}</p>`}
${rows.length === 0 ? "" : `<h3>Parameters</h3><table>${rows.join("")}</table>`}
<h3>Answers</h3><table>${answers.join("")}</table></div></details>`;
}

function answerRow(status: string, answer: Json): string {
  const content = Object.values((answer["content"] ?? {}) as Record<string, Json>)[0];
  const type = content === undefined ? "" : typeOf(content["schema"] as Json);
  return row([`<code>${escape(status)}</code>`, type, prose(String(answer["description"]))]);
}

function webhookHtml(type: string, operation: Json): string {
  const body = (operation["requestBody"] as { content: Record<string, Json> }).content;
  return `<div class="type" id="${slug(type)}"><h3><code>${
    escape(type)
  }</code></h3><p class="says">${escape(String(operation["summary"]))}. Body: ${
    typeOf(body["application/json"]?.["schema"] as Json)
  }</p></div>`;
}

function typeHtml(name: string, schema: Json): string {
  const required = new Set((schema["required"] ?? []) as string[]);
  const rows = Object.entries((schema["properties"] ?? {}) as Record<string, Json>)
    .map(([member, value]) =>
      row([
        `<code>${escape(member)}</code>${required.has(member) ? "" : " <i>optional</i>"}`,
        typeOf(value),
        prose(String(value["description"] ?? "")),
      ])
    );
  const content = rows.length === 0
    ? `<p>${typeOf(schema)}</p>`
    : `<table>${rows.join("")}</table>`;
  return `<div class="type" id="type-${slug(name)}"><h3>${escape(name)}</h3>${content}</div>`;
}

/** A schema in a few words. */
function typeOf(schema: Json): string {
  const { $ref, type, format, items, anyOf, const: constant, enum: values } = schema as {
    $ref?: string;
    type?: string | string[];
    format?: string;
    items?: Json;
    anyOf?: Json[];
    const?: unknown;
    enum?: unknown[];
  };
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return `<a href="#type-${slug(name)}">${escape(name)}</a>`;
  }
  if (constant !== undefined) return `<code>${escape(String(constant))}</code>`;
  if (values !== undefined) {
    return values.map((value) => `<code>${escape(String(value))}</code>`).join(" or ");
  }
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  const kinds = [type ?? "anything"].flat();
  return escape(kinds.map((kind) => kind === "string" ? format ?? kind : kind).join(" or "));
}

const row = (cells: readonly string[]) =>
  `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;

const slug = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

/** Text with `code` in it. */
const prose = (text: string) => escape(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
