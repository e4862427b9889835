/** Who is here, who waits, whose hand is up; for the host, what concerns all of them. */
import { Link, Lock, LockOpen, MicOff } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { writeFragment } from "../../../../../rooms/contract/link_fragment.ts";
import { useRoom } from "../model.ts";
import { PolicySwitches } from "./policy_switches.tsx";
import { PersonRow } from "./person_row.tsx";
import { WaitingList } from "./waiting_list.tsx";
import "./people.css";

export function PeoplePanel() {
  const { room, hands } = useRoom();
  const raised = hands.value;
  const others = room.participants.value.filter((person) => person.hand === null);
  return (
    <>
      <div class="people">
        <WaitingList />
        {raised.length > 0 && (
          <section aria-label="Raised hands">
            <h3>Raised hands</h3>
            <ol>
              {raised.map((person, index) => (
                <PersonRow key={person.id} person={person} place={index + 1} />
              ))}
            </ol>
          </section>
        )}
        <section aria-label="In the room">
          <h3>In the room ({room.participants.value.length})</h3>
          <ul>{others.map((person) => <PersonRow key={person.id} person={person} />)}</ul>
        </section>
        {room.permissions.value.host && <PolicySwitches />}
      </div>
      {room.permissions.value.host && <HostActions />}
    </>
  );
}

function HostActions() {
  const model = useRoom();
  const { locked, policy } = model.room.meeting.value;
  return (
    <section class="people-host" aria-label="For everyone">
      <button
        type="button"
        class="button"
        title="Everyone else’s microphone goes off; they can unmute again"
        data-testid="mute-all"
        onClick={() => void model.command("participant.muteAll", {})}
      >
        <MicOff size={18} aria-hidden="true" />
        Mute all
      </button>
      <button
        type="button"
        class="button"
        title={locked ? "Let people in again" : "Nobody else can come in"}
        data-testid="lock"
        onClick={() => void model.command("meeting.setLocked", { locked: !locked })}
      >
        {locked ? <LockOpen size={18} aria-hidden="true" /> : <Lock size={18} aria-hidden="true" />}
        {locked ? "Unlock" : "Lock"}
      </button>
      {navigator.clipboard && (
        <CopyLink waits={policy.waitingRoom} isEncrypted={model.encryption !== null} />
      )}
    </section>
  );
}

/** The link that anyone can have: without the personal part, and with what it promises. */
function CopyLink({ waits, isEncrypted }: { waits: boolean; isEncrypted: boolean }) {
  const copied = useSignal(false);
  const copy = async () => {
    const url = new URL(location.href);
    url.hash = writeFragment({ invite: null, isEncrypted });
    await navigator.clipboard.writeText(url.href);
    copied.value = true;
  };
  return (
    <>
      <button type="button" class="button people-link" onClick={() => void copy()}>
        <Link size={18} aria-hidden="true" />
        <span aria-live="polite">{copied.value ? "Link copied" : "Copy a link for a guest"}</span>
      </button>
      {waits && (
        <p class="small soft people-link">
          Guests wait at the door until you let them in.
        </p>
      )}
    </>
  );
}
