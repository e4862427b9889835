/** The lesson's files as tabs, what can be done with them, and who else is in the code. */
import type { FileEntry } from "../../../../rooms/contract/document/reading.ts";
import {
  ChevronDown,
  Download,
  Ellipsis,
  Eye,
  FilePlus2,
  History,
  IndentIncrease,
  Pencil,
  Plus,
  Replace,
  Search,
  Trash2,
  Upload,
  ZoomIn,
  ZoomOut,
} from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../../../design/avatar.tsx";
import { Confirm } from "../../../design/dialog.tsx";
import { Menu, MenuItem } from "../../../design/menu.tsx";
import { addFile, MAX_FILES, removeFile } from "../document/files.ts";
import { LANGUAGES, runnerOf } from "../document/languages.ts";
import { TEMPLATES } from "../document/templates.ts";
import type { CodeEditor } from "../editor/code_editor.ts";
import { chooseFiles, downloadAll } from "../run/archive.ts";
import type { Workspace } from "../workspace.ts";
import { EarlierDialog } from "./earlier_dialog.tsx";
import { NameDialog } from "./name_dialog.tsx";

interface BarProps {
  workspace: Workspace;
  editor: CodeEditor | null;
  /** Says something that went otherwise than hoped. */
  onTrouble: (message: string) => void;
}

type Asked = { kind: "new" | "earlier" } | { kind: "rename" | "delete"; file: FileEntry } | null;

export function FileBar({ workspace, editor, onTrouble }: BarProps) {
  const { doc } = workspace.session;
  const asked = useSignal<Asked>(null);
  const may = workspace.session.permissions.value.edit;
  const question = asked.value;
  const close = () => asked.value = null;
  return (
    <div class="code-bar code-file-bar">
      <div class="code-tabs" role="tablist" aria-label="Files">
        {workspace.files.value.map((file) => (
          <Tab
            key={file.id}
            workspace={workspace}
            file={file}
            onRename={() => asked.value = { kind: "rename", file }}
            onDelete={() => asked.value = { kind: "delete", file }}
          />
        ))}
      </div>
      {may && <NewFileMenu workspace={workspace} onAsk={(kind) => asked.value = { kind }} />}
      <Others workspace={workspace} />
      <ToolMenu workspace={workspace} editor={editor} onTrouble={onTrouble} />
      {question?.kind === "new" && (
        <NameDialog
          doc={doc}
          title="New file"
          action="Create"
          name=""
          own={null}
          onClose={close}
          onName={(name) => workspace.open(addFile(doc, name, "", stamp(workspace)))}
        />
      )}
      {question?.kind === "earlier" && <EarlierDialog workspace={workspace} onClose={close} />}
      {question?.kind === "rename" && (
        <NameDialog
          doc={doc}
          title={`Rename ${question.file.name}`}
          action="Rename"
          name={question.file.name}
          own={question.file.id}
          onClose={close}
        />
      )}
      {question?.kind === "delete" && (
        <Confirm
          title={`Delete ${question.file.name}?`}
          effect="It goes for everyone, with its tests. The recording keeps what was in it."
          action="Delete"
          onConfirm={() => removeFile(doc, question.file.id)}
          onClose={close}
        />
      )}
    </div>
  );
}

const stamp = (workspace: Workspace) => Math.round(workspace.session.now());

interface TabProps {
  workspace: Workspace;
  file: FileEntry;
  onRename: () => void;
  onDelete: () => void;
}

function Tab({ workspace, file, onRename, onDelete }: TabProps) {
  const shown = workspace.shown.value?.id === file.id;
  const may = workspace.session.permissions.value.edit;
  const tab = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (shown) tab.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [shown]);
  return (
    <div ref={tab} class={`code-tab ${shown ? "code-tab-shown" : ""}`}>
      <button
        type="button"
        role="tab"
        class="code-tab-name"
        aria-selected={shown}
        data-testid="code-file"
        onClick={() => {
          workspace.following.value = null;
          workspace.open(file.id);
        }}
        onDblClick={() => may && onRename()}
      >
        {file.name}
      </button>
      {shown && may && (
        <Menu
          label={`What to do with ${file.name}`}
          buttonClass="code-tab-menu"
          testId="code-file-menu"
          button={<ChevronDown size={16} aria-hidden="true" />}
        >
          <MenuItem
            icon={Pencil}
            label="Rename"
            detail="The ending says the language"
            testId="code-rename"
            onSelect={onRename}
          />
          <MenuItem icon={Trash2} label="Delete" testId="code-delete" onSelect={onDelete} />
        </Menu>
      )}
    </div>
  );
}

interface NewFileProps {
  workspace: Workspace;
  onAsk: (kind: "new" | "earlier") => void;
}

function NewFileMenu({ workspace, onAsk }: NewFileProps) {
  const { doc, credential } = workspace.session;
  const full = workspace.files.value.length >= MAX_FILES;
  return (
    <Menu
      label="New file"
      tip={full ? `At most ${MAX_FILES} files` : "New file"}
      tipSide="below"
      testId="code-new"
      button={<Plus size={20} aria-hidden="true" />}
    >
      <MenuItem
        icon={FilePlus2}
        label="Empty file…"
        disabled={full}
        testId="code-new-empty"
        onSelect={() => onAsk("new")}
      />
      {credential !== "" && (
        <MenuItem
          icon={History}
          label="From an earlier lesson…"
          disabled={full}
          testId="code-new-earlier"
          onSelect={() => onAsk("earlier")}
        />
      )}
      {LANGUAGES.map(({ id, label }) => {
        const template = TEMPLATES[id];
        return template && (
          <MenuItem
            key={id}
            label={label}
            detail={template.name}
            disabled={full}
            testId={`code-new-${id}`}
            onSelect={() =>
              workspace.open(addFile(doc, template.name, template.text, stamp(workspace)))}
          />
        );
      })}
    </Menu>
  );
}

/** Who else is here; a press follows them. */
function Others({ workspace }: { workspace: Workspace }) {
  const people = new Map(workspace.session.participants.value.map((one) => [one.id, one]));
  const following = workspace.following.value;
  return (
    <div class="code-others">
      {workspace.places.value.map(({ by, fileId }) => {
        const person = people.get(by);
        if (person === undefined) return null;
        const file = workspace.files.value.find(({ id }) => id === fileId)?.name ?? "the code";
        const follows = following === by;
        const label = follows
          ? `Stop following ${person.name}`
          : `Follow ${person.name}, who is in ${file}`;
        return (
          <button
            key={by}
            type="button"
            class="code-other"
            aria-pressed={follows}
            aria-label={label}
            data-tip={label}
            data-tip-side="left"
            data-testid={`code-follow-${person.name}`}
            onClick={() => workspace.following.value = follows ? null : by}
          >
            <Avatar name={person.name} size={28} />
            {follows && <Eye size={14} aria-hidden="true" />}
          </button>
        );
      })}
    </div>
  );
}

function ToolMenu({ workspace, editor, onTrouble }: BarProps) {
  const { session } = workspace;
  const { doc } = session;
  const may = session.permissions.value.edit;
  const upload = async () => {
    const { uploads, refused } = await chooseFiles();
    const room = MAX_FILES - workspace.files.peek().length;
    for (const { name, text } of uploads.slice(0, room)) {
      workspace.open(addFile(doc, name, text, stamp(workspace)));
    }
    const left = [...refused, ...uploads.slice(room).map(({ name }) => name)];
    if (left.length > 0) {
      onTrouble(
        `Not taken: ${left.join(", ")}. Files are text, at most 512 KB, at most ${MAX_FILES}.`,
      );
    }
  };
  return (
    <Menu
      label="More for the code"
      tip="More"
      tipSide="left"
      testId="code-more"
      button={<Ellipsis size={20} aria-hidden="true" />}
    >
      <MenuItem icon={Search} label="Find" detail="Ctrl F" onSelect={() => editor?.find()} />
      {may && (
        <MenuItem
          icon={Replace}
          label="Find and replace"
          detail="Ctrl H"
          onSelect={() => editor?.replace()}
        />
      )}
      {may && (
        <MenuItem
          icon={IndentIncrease}
          label="Put the indentation in order"
          detail="Shift Alt F"
          testId="code-indent"
          onSelect={() => editor?.indent()}
        />
      )}
      <MenuItem
        icon={ZoomIn}
        label="Larger text"
        testId="code-larger"
        onSelect={() => workspace.changeFontSize(1)}
      />
      <MenuItem
        icon={ZoomOut}
        label="Smaller text"
        onSelect={() => workspace.changeFontSize(-1)}
      />
      {may && (
        <MenuItem
          icon={Upload}
          label="Upload files"
          testId="code-upload"
          onSelect={() => void upload()}
        />
      )}
      <MenuItem
        icon={Download}
        label="Download all as zip"
        testId="code-download"
        disabled={workspace.files.value.length === 0}
        onSelect={() => downloadAll(doc, session.meeting.peek().title)}
      />
      {workspace.shown.value !== null && runnerOf(workspace.shown.value.name) === null && (
        <p class="menu-heading">This file is only read and written; it doesn’t run.</p>
      )}
    </Menu>
  );
}
