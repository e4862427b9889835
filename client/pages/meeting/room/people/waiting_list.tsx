/** For the host: everyone who waits to be let in. */
import { Check, X } from "lucide-preact";
import { Avatar } from "../../../../design/avatar.tsx";
import { IconButton } from "../../../../design/icon_button.tsx";
import { chimeWanted, setChimeWanted } from "../messages/chime.ts";
import { useRoom } from "../model.ts";

export function WaitingList() {
  const model = useRoom();
  if (!model.room.permissions.value.host) return null;
  const waiting = model.connection.waiting.value;
  if (waiting.length === 0) return null;
  return (
    <section aria-label="Waiting to be let in">
      <h3>Waiting to be let in ({waiting.length})</h3>
      <ul>
        {waiting.map(({ ticket, name }) => (
          <li key={ticket} class="person" data-testid="waiting">
            <Avatar name={name} size={36} />
            <div class="person-name">
              <span>{name}</span>
            </div>
            <IconButton
              icon={Check}
              label={`Let ${name} in`}
              tipSide="left"
              testId="admit"
              onClick={() => void model.command("admission.admit", { ticket })}
            />
            <IconButton
              icon={X}
              label={`Refuse ${name}`}
              tipSide="left"
              testId="refuse"
              onClick={() => void model.command("admission.refuse", { ticket })}
            />
          </li>
        ))}
      </ul>
      <label class="check">
        <input
          type="checkbox"
          checked={chimeWanted.value}
          onChange={(event) => setChimeWanted(event.currentTarget.checked)}
        />
        A soft sound when somebody waits
      </label>
    </section>
  );
}
