/**
 * Before the lesson: see yourself, choose the devices, know who is here and what is recorded, join.
 *
 * Invariant: what comes late (devices, help with them) takes its place below; the button to join never moves.
 */
import { Boundary } from "../../../design/boundary.tsx";
import { LockKeyhole, LockKeyholeOpen } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { Notice } from "../../../design/notice.tsx";
import { encryptionWay } from "../../../encryption/support.ts";
import { MAX_NAME_CHARS } from "./bounds.ts";
import { DevicePickers } from "./device_pickers.tsx";
import { DeviceHelp } from "./device_help.tsx";
import type { JoinInfo } from "../join.ts";
import { Preview } from "./preview.tsx";
import { saySpan, sayZone, thisReader } from "../../../words/schedule.ts";
import type { Visit } from "../visit.ts";
import "./lobby.css";

/** `Tom and Mia are already here`, bounded to three names. */
export function sayPresent(names: readonly string[]): string {
  if (names.length === 0) return "Nobody is here yet";
  const shown = names.slice(0, names.length > 3 ? 2 : 3);
  const rest = names.length - shown.length;
  const all = rest > 0 ? [...shown, `${rest} others`] : shown;
  const list = new Intl.ListFormat("en").format(all);
  return `${list} ${names.length === 1 ? "is" : "are"} already here`;
}

export function Lobby({ visit, info }: { visit: Visit; info: JoinInfo }) {
  const devices = visit.devices.value;
  useEffect(() => {
    document.title = `${info.title} · Lectern`;
  }, [info.title]);
  const submit = (event: Event) => {
    event.preventDefault();
    void visit.enter();
  };
  return (
    <div class="lobby" data-testid="lobby">
      <header>
        <span class="brand">Lectern</span>
      </header>
      <main>
        {devices && (
          <Boundary says="The preview stopped working. You can join all the same.">
            <Preview devices={devices} name={visit.name.value} />
          </Boundary>
        )}
        <form onSubmit={submit}>
          <div class="lobby-words">
            <h1>{info.title}</h1>
            <When info={info} />
            <p class="soft" aria-live="polite" data-testid="present">
              {sayPresent(info.present)}
            </p>
          </div>
          <div class="lobby-form">
            <label class="field">
              <span>Your name</span>
              <input
                class="input"
                name="name"
                autocomplete="name"
                maxLength={MAX_NAME_CHARS}
                required
                value={visit.name.value}
                onInput={(event) => visit.name.value = event.currentTarget.value}
              />
            </label>
            <ul class="lobby-facts">
              {info.isRecorded && (
                <li data-testid="recorded">
                  <span class="lobby-dot" aria-hidden="true" />
                  This lesson is recorded
                </li>
              )}
              {info.isEncrypted
                ? (
                  <li data-testid="encrypted">
                    <LockKeyhole size={14} aria-hidden="true" />
                    Encrypted end to end
                  </li>
                )
                : (
                  <li data-testid="not-encrypted">
                    <LockKeyholeOpen size={14} aria-hidden="true" />
                    Not encrypted end to end: whoever runs the server could see and hear it
                  </li>
                )}
            </ul>
            {info.isEncrypted && isSecureContext && encryptionWay() === null && (
              <Notice testId="cant-encrypt">
                <p>
                  <strong>This browser can’t encrypt sound and pictures.</strong>{" "}
                  It will send and receive none. Update it, or open the link in a current Chrome,
                  Edge, Firefox or Safari. You can join all the same, to draw and to write.
                </p>
              </Notice>
            )}
            <button type="submit" class="button button-main lobby-join" data-testid="join">
              {info.willWait ? "Ask to join" : "Join the lesson"}
            </button>
            {info.willWait && (
              <p class="small soft">The host sees that you are here and lets you in.</p>
            )}
          </div>
        </form>
        {devices && (
          <section class="lobby-devices" aria-label="Microphone, camera and loudspeaker">
            <Boundary says="The devices can’t be shown. You can join all the same.">
              <DeviceHelp devices={devices} />
              <DevicePickers devices={devices} />
            </Boundary>
          </section>
        )}
      </main>
    </div>
  );
}

function When({ info }: { info: JoinInfo }) {
  if (info.scheduledStart === null) return null;
  const reader = thisReader();
  return (
    <p class="numbers">
      {saySpan(info.scheduledStart, info.scheduledEnd, reader)}{" "}
      <span class="soft small">{sayZone(reader)}</span>
    </p>
  );
}
