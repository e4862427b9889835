/** For the host: what students may do. It holds for everyone who is not a tutor, at once, and the server enforces it. */
import type { Policy } from "../../../../../rooms/contract/document/schema.ts";
import { useRoom } from "../model.ts";
import type { StageName } from "../../../../stages/stages.ts";

interface Switch {
  key: "share" | "chat" | "draw" | "edit" | "run";
  label: string;
  /** Shown only where the build has this stage. */
  stage: StageName;
}

const SWITCHES: readonly Switch[] = [
  { key: "share", label: "Share their screen", stage: "talk" },
  { key: "chat", label: "Write in the chat", stage: "talk" },
  { key: "draw", label: "Draw on the board", stage: "board" },
  { key: "edit", label: "Edit the code", stage: "code" },
  { key: "run", label: "Run the code", stage: "code" },
];

export function PolicySwitches() {
  const model = useRoom();
  const { policy } = model.room.meeting.value;
  const change = (part: Partial<Policy>) =>
    void model.command("meeting.setPolicy", { policy: part });
  return (
    <details class="policy">
      <summary>Students may</summary>
      {SWITCHES.filter(({ stage }) => model.view.available.includes(stage)).map((one) => (
        <Check
          key={one.key}
          label={one.label}
          checked={policy[one.key] === "everyone"}
          onChange={(on) => change({ [one.key]: on ? "everyone" : "host" })}
        />
      ))}
      <Check
        label="Unmute themselves"
        checked={policy.selfUnmute}
        onChange={(selfUnmute) => change({ selfUnmute })}
      />
      <Check
        label="End the lesson for everyone"
        checked={policy.end === "booked"}
        onChange={(on) => change({ end: on ? "booked" : "host" })}
      />
      <Check
        label="Come in with the lesson’s link without asking"
        checked={!policy.waitingRoom}
        onChange={(on) => change({ waitingRoom: !on })}
      />
    </details>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}

/** The document decides: the box follows what the server has stored. */
function Check({ label, checked, onChange }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onClick={(event) => {
          event.preventDefault();
          onChange(!checked);
        }}
      />
      {label}
    </label>
  );
}
