/** Above the board on the right: who is on it and whom to follow; for the host, who may draw and the call to come. */
import { Eye, EyeOff, Megaphone, Pencil, PenOff } from "lucide-preact";
import { useEditor, usePeerIds, useValue } from "tldraw";
import type { Audience } from "../../rooms/document/schema.ts";
import { initialsOf } from "../design/initials.ts";
import { Menu } from "../design/menu.tsx";
import { useBoard } from "./board_context.ts";
import { personColor } from "./presence/person_color.ts";

export function SharePanel() {
  const { session } = useBoard();
  const { host, draw } = session.permissions.value;
  return (
    <div class="board-share" draggable={false}>
      {!draw && (
        <span class="board-badge" role="status">
          <PenOff size={16} aria-hidden="true" /> You can look on
        </span>
      )}
      <People />
      {host && <HostMenu />}
    </div>
  );
}

function People() {
  const editor = useEditor();
  const { session } = useBoard();
  const here = usePeerIds();
  const following = useValue("following", () => editor.getInstanceState().followingUserId, [
    editor,
  ]);
  const people = session.participants.value.filter(({ id }) => here.includes(id));
  return (
    <>
      {people.slice(0, 8).map(({ id, name }) => {
        const follows = following === id;
        const label = follows ? `Stop following ${name}` : `Follow ${name}`;
        return (
          <button
            type="button"
            key={id}
            class="board-person"
            style={{ "--person": personColor(id) }}
            aria-pressed={follows}
            aria-label={label}
            data-tip={label}
            onClick={() => follows ? editor.stopFollowingUser() : editor.startFollowingUser(id)}
          >
            {initialsOf(name)}
            {follows && <Eye class="board-person-eye" size={12} aria-hidden="true" />}
          </button>
        );
      })}
    </>
  );
}

function HostMenu() {
  const board = useBoard();
  const { session } = board;
  const { draw } = session.meeting.value.policy;
  const students = session.participants.value.filter(({ role }) => role !== "tutor");
  const set = (audience: Audience) =>
    void session.request("meeting.setPolicy", { policy: { draw: audience } });
  const may = (id: string) => draw === "everyone" || Array.isArray(draw) && draw.includes(id);
  const toggle = (id: string) => {
    const allowed = students.map((student) => student.id).filter(may);
    set(allowed.includes(id) ? allowed.filter((other) => other !== id) : [...allowed, id]);
  };
  const bring = () => {
    board.bringEveryone();
    void session.request("meeting.bring", { stage: "board" });
  };
  return (
    <Menu
      label="For the host: who may draw, bring everyone here"
      tip="Who may draw"
      button={<Pencil size={18} aria-hidden="true" />}
      buttonClass="icon-button board-host"
      testId="board-host"
    >
      <button type="button" role="menuitem" class="menu-item" onClick={bring}>
        <Megaphone size={18} aria-hidden="true" /> Bring everyone here
      </button>
      <hr class="menu-line" />
      <button
        type="button"
        role="menuitemradio"
        class="menu-item"
        aria-checked={draw === "everyone"}
        onClick={() => set("everyone")}
      >
        <Pencil size={18} aria-hidden="true" /> Everyone draws
      </button>
      <button
        type="button"
        role="menuitemradio"
        class="menu-item"
        aria-checked={draw === "host"}
        onClick={() => set("host")}
      >
        <EyeOff size={18} aria-hidden="true" /> Only I draw
      </button>
      {students.map(({ id, name }) => (
        <button
          type="button"
          role="menuitemcheckbox"
          class="menu-item"
          key={id}
          aria-checked={may(id)}
          onClick={() => toggle(id)}
        >
          <span class="board-dot" style={{ "--person": personColor(id) }} aria-hidden="true" />
          {name} may draw
        </button>
      ))}
    </Menu>
  );
}
