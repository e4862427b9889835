/** Above the board on the right: who is on it and whom to follow; for the host, who may draw and the call to come. */
import { Check, Eye, Megaphone, Pencil, PenOff } from "lucide-preact";
import { useEditor, usePeerIds, useValue } from "tldraw";
import type { Grantees } from "../../../rooms/contract/document/schema.ts";
import { initialsOf } from "../../design/initials.ts";
import { Menu, MenuItem } from "../../design/menu.tsx";
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
  const set = (audience: Grantees) =>
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
      <MenuItem
        icon={Megaphone}
        label="Bring everyone here"
        detail="Their boards turn to what you see"
        testId="board-bring"
        onSelect={bring}
      />
      <hr class="menu-rule" />
      <Choice
        label="Everyone draws"
        checked={draw === "everyone"}
        testId="board-draw-everyone"
        onSelect={() => set("everyone")}
      />
      <Choice
        label="Only I draw"
        checked={draw === "host" || Array.isArray(draw) && draw.length === 0}
        testId="board-draw-host"
        onSelect={() => set("host")}
      />
      {draw !== "everyone" && students.map(({ id, name }) => (
        <Choice
          key={id}
          label={`${name} draws too`}
          checked={may(id)}
          testId={`board-draw-${name}`}
          onSelect={() => toggle(id)}
        />
      ))}
    </Menu>
  );
}

function Choice(props: { label: string; checked: boolean; testId: string; onSelect: () => void }) {
  return <MenuItem {...props} {...(props.checked ? { icon: Check } : {})} />;
}
