/** Says that nobody but the people here can see and hear the lesson, and shows the code to compare. */
import { LockKeyhole } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dialog } from "../design/dialog.tsx";
import { useRoom } from "../room/model.ts";
import type { Encryption } from "./encryption.ts";
import "./encryption.css";

export function EncryptionBadge() {
  const { encryption } = useRoom();
  const open = useSignal(false);
  if (encryption === null) return null;
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
  const covered = people.filter(({ id }) => encryption.covered.includes(id));
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
          not, end the lesson. They stand for{" "}
          {sayNames(covered.map(({ me, name }) => me ? "you" : name))}, and change when somebody
          comes or goes.
        </p>
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
  const members = encryption.roster.value?.people
    .map(({ participantId, publicKey }) => `${participantId}:${publicKey}`).join(" ");
  const covered = encryption.covered.join(" ");
  useEffect(() => {
    let current = true;
    words.value = null;
    void codeWords(encryption).then((found) => {
      if (current) words.value = found;
    });
    return () => void (current = false);
  }, [members, covered]);
  if (words.value === null) return <p class="code-words" role="status">…</p>;
  return (
    <ol class="code-words" data-testid="security-code" aria-label="Security code">
      {words.value.map((word, at) => <li key={at}>{word}</li>)}
    </ol>
  );
}

/** The words come in a chunk of their own: most lessons never open the dialog. */
async function codeWords(encryption: Encryption): Promise<string[]> {
  const [numbers, { wordlist }] = await Promise.all([
    encryption.code(),
    import("@scure/bip39/wordlists/english.js"),
  ]);
  return numbers.map((number) => wordlist[number] ?? "");
}

function sayNames(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? "nobody yet";
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
