/**
 * Where a visitor stands, from opening a link to leaving the room for good.
 *
 * It owns the devices and the session: made once, handed from screen to screen, closed when the person is out.
 * Invariant: the camera is never on for somebody who is neither in the lobby nor on the way into the room.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Session } from "../connection/session.ts";
import { type Devices, openDevices } from "../media/devices.ts";
import { askToJoin, type JoinInfo, type JoinProblem } from "./join.ts";
import type { MeetingLink } from "./link.ts";

/** The room's chunk: connection, media and everything inside. */
export type RoomModule = typeof import("../room/main.tsx");

export type Stand =
  | { at: "asking" }
  | { at: "lobby"; info: JoinInfo }
  | { at: "closed"; problem: JoinProblem }
  | { at: "entering"; info: JoinInfo }
  /** The room's program did not arrive. */
  | { at: "not-loaded"; info: JoinInfo }
  | { at: "inside"; info: JoinInfo; room: RoomModule; session: Session };

const NAME_KEY = "lectern.name";
const REFRESH_MS = 20_000;

function rememberedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? "";
  } catch {
    return "";
  }
}

function rememberName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Storage is off in this browser: the name is typed again next time.
  }
}

export class Visit {
  readonly #stand = signal<Stand>({ at: "asking" });
  readonly #devices = signal<Devices | null>(null);
  #link: MeetingLink;
  #session: Session | null = null;

  readonly name: Signal<string> = signal("");

  constructor(link: MeetingLink) {
    this.#link = link;
    addEventListener("pagehide", () => this.#session?.close());
    // A page from the back-forward cache holds a connection that is gone.
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    setInterval(() => void this.#refresh(), REFRESH_MS);
  }

  get stand(): ReadonlySignal<Stand> {
    return this.#stand;
  }

  get devices(): ReadonlySignal<Devices | null> {
    return this.#devices;
  }

  get link(): MeetingLink {
    return this.#link;
  }

  /** Asks at the door. With a passcode, tries that one instead of the link's. */
  async ask(passcode?: string): Promise<void> {
    if (passcode !== undefined) this.#link = { ...this.#link, passcode };
    this.#session?.close();
    this.#session = null;
    this.#stand.value = { at: "asking" };
    const answer = await askToJoin(this.#link);
    if (!answer.ok) {
      this.releaseDevices();
      this.#stand.value = { at: "closed", problem: answer.problem };
      return;
    }
    this.name.value ||= answer.info.you?.name || rememberedName();
    this.#openDevices();
    this.#stand.value = { at: "lobby", info: answer.info };
    this.preload();
  }

  /** Fetches the room while the person looks into the mirror. */
  preload(): void {
    const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 300));
    idle(() => void import("../room/main.tsx").catch(() => undefined));
  }

  /** Goes in, or in again after another tab took the place. */
  async enter(): Promise<void> {
    const stand = this.#stand.value;
    if (!("info" in stand)) return;
    const { info } = stand;
    const name = this.name.value.trim();
    if (info.you === null) rememberName(name);
    this.#session?.close();
    this.#openDevices();
    this.#stand.value = { at: "entering", info };
    try {
      const room = await import("../room/main.tsx");
      const session = room.openSession({
        meetingId: this.#link.meetingId,
        passcode: this.#link.passcode,
        ...(this.#link.invite !== null && { invite: this.#link.invite }),
        ...(name !== "" && { name }),
      });
      this.#session = session;
      this.#stand.value = { at: "inside", info, room, session };
    } catch {
      this.#stand.value = { at: "not-loaded", info };
    }
  }

  releaseDevices(): void {
    this.#devices.value?.close();
    this.#devices.value = null;
  }

  #openDevices(): void {
    if (this.#devices.value !== null) return;
    const devices = openDevices();
    this.#devices.value = devices;
    void devices.start();
  }

  /** Who is here may change while the person still combs their hair. */
  async #refresh(): Promise<void> {
    if (this.#stand.value.at !== "lobby" || document.hidden) return;
    const answer = await askToJoin(this.#link);
    if (this.#stand.value.at !== "lobby" || !answer.ok) return;
    this.#stand.value = { at: "lobby", info: answer.info };
  }
}
