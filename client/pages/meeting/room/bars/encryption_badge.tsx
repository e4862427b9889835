/**
 * Says that nobody but the people here can see and hear the lesson, and shows the code to compare; or that this page has
 * stopped, because the server doesn't say truly who is here.
 */
import { LockKeyhole, LockKeyholeOpen, TriangleAlert } from "lucide-preact";
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../../../../design/dialog.tsx";
import { sayTime, thisReader } from "../../../../words/schedule.ts";
import { useRoom } from "../model.ts";
import type { Participant } from "../../../../connection/live_room.ts";
import type { Encryption } from "../../../../encryption/encryption.ts";
import type { RosterFault, RosterPage } from "../../../../encryption/roster.ts";
import "../../../../encryption/encryption.css";

/** How many pages that had keys and are gone are named. */
const MAX_GONE_NAMED = 6;
/** Somebody's name may be made of nothing that can be seen. */
const NO_NAME = "somebody without a name";

/** What it means for somebody that their page doesn't believe the server. */
export function sayFault(fault: RosterFault): string {
  const what = fault === "another-custodian"
    ? "The server names somebody new who could open the recording."
    : "The server’s list of who is here can’t be true: somebody could listen in unseen.";
  return `${what} So this page sends no sound and pictures any more. What you draw and write is kept. Tell the others, leave the lesson, and tell whoever runs it.`;
}

export function EncryptionBadge() {
  const { encryption } = useRoom();
  const open = useSignal(false);
  if (encryption === null) return <NotEncrypted open={open} />;
  const fault = encryption.fault.value;
  if (fault !== null) {
    return (
      <>
        <button
          type="button"
          class="badge badge-button encryption-fault"
          data-testid="encryption"
          onClick={() => open.value = true}
        >
          <TriangleAlert size={14} aria-hidden="true" />
          Nothing is sent
        </button>
        {open.value && <FaultDialog fault={fault} onClose={() => open.value = false} />}
      </>
    );
  }
  return (
    <>
      <button
        type="button"
        class="badge badge-button"
        title={encryption.supported
          ? "Only the people here can see and hear this lesson"
          : "Sound and pictures of this lesson are encrypted"}
        data-testid="encryption"
        onClick={() => open.value = true}
      >
        <LockKeyhole size={14} aria-hidden="true" />
        <span class="unseen">
          Encrypted end to end.{" "}
          {encryption.supported ? "Show the security code" : "What that means"}
        </span>
        <span class="badge-words" aria-hidden="true">Encrypted</span>
      </button>
      {open.value &&
        (encryption.supported
          ? <EncryptionDialog encryption={encryption} onClose={() => open.value = false} />
          : <OutsideDialog onClose={() => open.value = false} />)}
    </>
  );
}

function EncryptionDialog(
  { encryption, onClose }: { encryption: Encryption; onClose: () => void },
) {
  const { room } = useRoom();
  const roster = encryption.roster.value;
  const people = room.participants.value;
  const covered = encryption.covered.value;
  const unable = people.filter(({ id }) =>
    roster?.people.some((page) => page.participantId === id && page.publicKey === null)
  );
  return (
    <Dialog
      title="Only the people here see and hear you"
      testId="encryption-dialog"
      onClose={onClose}
    >
      <div class="encryption-words">
        <p>
          Sound and pictures are encrypted on your device and decrypted on theirs. The server in
          between can’t open them. It keeps board, code and chat, and could read those.
        </p>
        <CodeWords encryption={encryption} />
        <p>
          Read these words to each other. If everybody has the same, nobody listens in between; if
          not, end the lesson. {covered === null
            ? "They come when everybody who is here has the key"
            : `They stand for ${
              sayPeople(covered.map(({ participantId }) => nameIn(people, participantId)))
            }`}, and change when somebody comes or goes.
        </p>
        <Gone encryption={encryption} people={people} />
        {unable.map(({ id, name }) => (
          <p key={id} class="encryption-unable" role="alert">
            {name}’s browser can’t encrypt, so it sends and receives no sound and pictures. A
            current Chrome, Edge, Firefox or Safari can.
          </p>
        ))}
        {roster?.recorded && (
          <p class="soft">
            {roster.custodian === null
              ? "The recording is stored encrypted. Only the browsers of those who take part keep its key."
              : "The recording is stored encrypted. Its key is kept by the browsers of those who take part, and by the booking system."}
          </p>
        )}
      </div>
      <CloseButton />
    </Dialog>
  );
}

/** Who could open what was said before, and the recording, without being here now. */
function Gone({ encryption, people }: { encryption: Encryption; people: readonly Participant[] }) {
  const gone = encryption.gone.slice(-MAX_GONE_NAMED);
  if (gone.length === 0) return null;
  const list = gone.map(({ participantId, name, since }) => {
    const who = people.some(({ id }) => id === participantId) ? `an earlier page of ${name}` : name;
    return `${who} (since ${sayTime(since, thisReader())})`;
  });
  return (
    <p class="soft" data-testid="keys-gone">
      Before, {new Intl.ListFormat("en").format(list)}{" "}
      had keys too. Ask each other about what you can’t explain.
    </p>
  );
}

function FaultDialog({ fault, onClose }: { fault: RosterFault; onClose: () => void }) {
  return (
    <Dialog
      title="Nothing of you is sent any more"
      testId="encryption-dialog"
      onClose={onClose}
    >
      <div class="encryption-words">
        <p class="encryption-unable">{sayFault(fault)}</p>
      </div>
      <CloseButton />
    </Dialog>
  );
}

/** Shown in a lesson that was booked without encryption: nobody is to believe otherwise. */
function NotEncrypted({ open }: { open: Signal<boolean> }) {
  return (
    <>
      <button
        type="button"
        class="badge badge-button"
        title="Not encrypted end to end: whoever runs the server could see and hear this lesson"
        data-testid="not-encrypted"
        onClick={() => open.value = true}
      >
        <LockKeyholeOpen size={14} aria-hidden="true" />
        Not encrypted
      </button>
      {open.value && (
        <Dialog
          title="This lesson isn’t encrypted end to end"
          testId="not-encrypted-dialog"
          onClose={() => open.value = false}
        >
          <div class="encryption-words">
            <p>
              Sound and pictures are protected on their way to the server and from there to the
              others. In between, whoever runs the server could see and hear them, and what is
              recorded of them.
            </p>
            <p class="soft">The lesson was booked like this. It stays so until it ends.</p>
          </div>
          <CloseButton />
        </Dialog>
      )}
    </>
  );
}

/** What there is to say to somebody whose browser takes no part: the words are for those who hear each other. */
function OutsideDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      title="You don’t see or hear the others here"
      testId="encryption-dialog"
      onClose={onClose}
    >
      <div class="encryption-words">
        <p>
          In this lesson sound and pictures are encrypted from person to person. This browser can’t
          do that, so it sends and receives none.
        </p>
        <p class="encryption-unable">
          Open the link in a current Chrome, Edge, Firefox or Safari to see and hear each other.
          Board, code and chat work here too.
        </p>
      </div>
      <CloseButton />
    </Dialog>
  );
}

function CloseButton() {
  return (
    <div class="dialog-actions">
      <form method="dialog">
        <button type="submit" class="button button-main">Close</button>
      </form>
    </div>
  );
}

function CodeWords({ encryption }: { encryption: Encryption }) {
  const words = useSignal<readonly string[] | null>(null);
  const covered = encryption.covered.value;
  useEffect(() => {
    let current = true;
    words.value = null;
    if (covered === null) return;
    void codeWords(encryption, covered).then((found) => {
      if (current) words.value = found;
    });
    return () => void (current = false);
  }, [covered]);
  if (words.value === null) return <p class="code-words" role="status">…</p>;
  return (
    <ol class="code-words" data-testid="security-code" aria-label="Security code">
      {words.value.map((word, at) => <li key={at}>{word}</li>)}
    </ol>
  );
}

/** The words come in a chunk of their own: most lessons never open the dialog. */
async function codeWords(
  encryption: Encryption,
  covered: readonly RosterPage[],
): Promise<string[]> {
  const [numbers, { wordlist }] = await Promise.all([
    encryption.code(covered),
    import("@scure/bip39/wordlists/english.js"),
  ]);
  return numbers.map((number) => wordlist[number] ?? "");
}

function nameIn(people: readonly Participant[], participantId: string): string {
  const person = people.find(({ id }) => id === participantId);
  if (person?.me) return "you";
  return person === undefined || !/[\p{L}\p{N}]/u.test(person.name) ? NO_NAME : person.name;
}

/** With their number: of two people of one name both count. */
function sayPeople(names: readonly string[]): string {
  const list = new Intl.ListFormat("en").format(names);
  return names.length === 1 ? `${list} alone` : `${names.length} people: ${list}`;
}
