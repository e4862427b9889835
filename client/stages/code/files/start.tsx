/** The code before there is any: a language to begin with. */
import { addFile } from "../document/files.ts";
import { LANGUAGES } from "../document/languages.ts";
import { TEMPLATES } from "../document/templates.ts";
import type { Workspace } from "../workspace.ts";

export function Start({ workspace }: { workspace: Workspace }) {
  const { session } = workspace;
  if (!session.permissions.value.edit) {
    return (
      <div class="code-start">
        <p>No code yet. The host begins.</p>
      </div>
    );
  }
  return (
    <div class="code-start" data-testid="code-start">
      <h2>Begin with a language</h2>
      <ul>
        {LANGUAGES.filter(({ runner }) => runner !== null).map(({ id, label }) => {
          const template = TEMPLATES[id];
          return template && (
            <li key={id}>
              <button
                type="button"
                class="button"
                data-testid={`code-start-${id}`}
                onClick={() =>
                  workspace.open(
                    addFile(session.doc, template.name, template.text, Math.round(session.now())),
                  )}
              >
                {label}
              </button>
            </li>
          );
        })}
      </ul>
      <p class="soft small">More files, and other languages, by the plus above.</p>
    </div>
  );
}
