/** Which stage is open, alone or beside another. Shown when this build has more than one. */
import { Columns2, UsersRound } from "lucide-preact";
import { IconButton } from "../../../../design/icon_button.tsx";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import { useRoom } from "../model.ts";
import { narrow } from "../stages/screen_size.ts";
import { STAGE_LABELS } from "../../../../stages/stages.ts";

const KEYS = { talk: "T", board: "B", code: "K" } as const;

export function StageSwitch() {
  const model = useRoom();
  const { view } = model;
  if (view.available.length < 2) return null;
  const open = view.stages.value;
  const host = model.room.permissions.value.host;
  return (
    <nav class="stage-switch" aria-label="Stage">
      {view.available.map((stage) => (
        <button
          key={stage}
          type="button"
          class="stage-tab"
          aria-pressed={open.includes(stage)}
          aria-keyshortcuts={KEYS[stage]}
          data-testid={`stage-${stage}`}
          onClick={() => view.open(stage)}
        >
          {STAGE_LABELS[stage]}
        </button>
      ))}
      {!narrow.value && (
        <IconButton
          icon={Columns2}
          label="Two stages side by side"
          pressed={open.length > 1}
          tipSide="below"
          onClick={() => view.toggleSplit()}
        />
      )}
      {host && (
        <Menu
          label="Bring everyone to a stage"
          tip="Bring everyone here"
          tipSide="left"
          button={<UsersRound size={20} aria-hidden="true" />}
        >
          {view.available.map((stage) => (
            <MenuItem
              key={stage}
              label={`Bring everyone to ${STAGE_LABELS[stage]}`}
              onSelect={() => {
                view.only(stage);
                void model.command("meeting.bring", { stage });
              }}
            />
          ))}
        </Menu>
      )}
    </nav>
  );
}
