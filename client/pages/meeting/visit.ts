/**
 * Where a visitor stands, from opening a link to leaving the room for good.
 *
 * It owns the devices and the connection: made once, handed from screen to screen, closed when the person is out.
 * Invariants: the camera is never on for somebody who is neither in the lobby nor on the way into the room; a page
 * that is reloaded in the room goes back in as it sat there, and switches nothing on that was off; a lesson that a link, the
 * server or an earlier load of this tab promised to be encrypted end to end is entered so, or not at all.
 */
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { MeetingConnection } from "../../connection/meeting_connection.ts";
import {
  type PersonalLink,
  type Seat,
  setTabPromise,
  setTabSeat,
  tabPromise,
  tabSeat,
  tabToken,
} from "../../connection/tab.ts";
import { type Devices, openDevices } from "../../media/devices.ts";
import { followBooking } from "../../words/start.ts";
import {
  askToJoin,
  type JoinAnswer,
  type JoinInfo,
  type JoinProblem,
  unencrypted,
} from "./join.ts";
import type { MeetingLink } from "./link.ts";

/** The room's chunk: connection, media and everything inside. */
export type RoomModule = typeof import("./room/parts.ts");

export type Stand =
  | { at: "asking" }
  | { at: "lobby"; info: JoinInfo }
  | { at: "closed"; problem: JoinProblem }
  | { at: "entering"; info: JoinInfo }
  /** The room's program did not arrive. */
  | { at: "not-loaded"; info: JoinInfo }
  | { at: "inside"; info: JoinInfo; room: RoomModule; connection: MeetingConnection };

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

/** Opened again in the same tab, by a press or by a browser that had put the tab to sleep. */
function isReload(): boolean {
  const [entry] = performance.getEntriesByType("navigation");
  return (entry as PerformanceNavigationTiming | undefined)?.type === "reload";
}

export class Visit {
  readonly #stand = signal<Stand>({ at: "asking" });
  readonly #devices = signal<Devices | null>(null);
  #link: MeetingLink;
  #connection: MeetingConnection | null = null;
  #early: Promise<JoinAnswer> | null = null;
  #forgetSeat: () => void = () => {};

  readonly name: Signal<string> = signal("");

  constructor(link: MeetingLink) {
    this.#link = link;
    if (tabPromise(link.meetingId)) this.#promise();
    addEventListener("pagehide", () => this.#connection?.close());
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

  /** Asks at the door while the page's words are still on their way; {@linkcode open} takes the answer. */
  askEarly(): void {
    this.#early = this.#ask();
  }

  /** Asks at the door for the first time. */
  async open(): Promise<void> {
    const seat = isReload() ? tabSeat(this.#tab) : null;
    if (seat === null) return await this.ask();
    const info = await this.#knock();
    if (info === null) return;
    this.#openDevices(seat);
    await this.#goIn(info);
  }

  /** Asks at the door. With a passcode, tries that one instead of the link's. */
  async ask(passcode?: string): Promise<void> {
    if (passcode !== undefined) this.#link = { ...this.#link, passcode };
    this.#endConnection();
    this.#stand.value = { at: "asking" };
    const info = await this.#knock();
    if (info === null) return;
    this.#openDevices();
    this.#stand.value = { at: "lobby", info };
    this.preload();
  }

  /** Fetches the room while the person looks into the mirror. */
  preload(): void {
    const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 300));
    idle(() => void import("./room/parts.ts").catch(() => undefined));
  }

  /** Goes in, or in again after another tab took the place. */
  async enter(): Promise<void> {
    const stand = this.#stand.value;
    if (!("info" in stand)) return;
    this.#openDevices();
    await this.#goIn(stand.info);
  }

  async #goIn(info: JoinInfo): Promise<void> {
    const name = this.name.value.trim();
    if (info.you === null) rememberName(name);
    this.#endConnection();
    this.#stand.value = { at: "entering", info };
    try {
      const room = await import("./room/parts.ts");
      const connection = room.openConnection({
        meetingId: this.#link.meetingId,
        passcode: this.#link.passcode,
        ...(this.#link.invite !== null && { invite: this.#link.invite }),
        ...(name !== "" && { name }),
        isEncrypted: this.#link.isEncrypted,
      });
      this.#connection = connection;
      this.#forgetSeat = this.#rememberSeat(connection);
      this.#stand.value = { at: "inside", info, room, connection };
    } catch {
      this.#stand.value = { at: "not-loaded", info };
    }
  }

  releaseDevices(): void {
    this.#devices.value?.close();
    this.#devices.value = null;
  }

  get #tab(): PersonalLink {
    const { meetingId, invite } = this.#link;
    return { meetingId, ...(invite !== null && { invite }) };
  }

  async #ask(): Promise<JoinAnswer> {
    const answer = await askToJoin(this.#link, { session: tabToken(this.#tab) });
    if (!answer.ok) return answer;
    if (answer.info.isEncrypted) this.#promise();
    return this.#link.isEncrypted && !answer.info.isEncrypted ? unencrypted(answer.info) : answer;
  }

  /** From here on this tab enters the lesson encrypted end to end, or not at all. */
  #promise(): void {
    setTabPromise(this.#link.meetingId);
    this.#link = { ...this.#link, isEncrypted: true };
  }

  /** Null when the door stays closed. */
  async #knock(): Promise<JoinInfo | null> {
    const asked = this.#early ?? this.#ask();
    this.#early = null;
    const answer = await asked;
    if (!answer.ok) {
      this.#close(answer.problem);
      return null;
    }
    await followBooking(answer.info.you?.locale ?? null);
    this.name.value ||= answer.info.you?.name || rememberedName();
    return answer.info;
  }

  #close(problem: JoinProblem): void {
    this.releaseDevices();
    this.#stand.value = { at: "closed", problem };
  }

  #endConnection(): void {
    this.#forgetSeat();
    this.#connection?.close();
    this.#connection = null;
  }

  /** With a seat, what was on in the room, whatever the lobby would begin with. */
  #openDevices(seat?: Seat): void {
    if (this.#devices.value !== null) return;
    const devices = openDevices();
    this.#devices.value = devices;
    if (seat === undefined) return void devices.start();
    if (seat.microphone) void devices.setMicrophone(true, { remember: false });
    if (seat.camera) void devices.setCamera(true, { remember: false });
  }

  /** Keeps what is on for a reload, as long as the person is in the room. */
  #rememberSeat(connection: MeetingConnection): () => void {
    return effect(() => {
      if (connection.welcome.value?.encryption === "e2ee") this.#promise();
      const { phase } = connection.phase.value;
      const devices = this.#devices.value;
      if (phase === "connecting") return;
      setTabSeat(
        this.#tab,
        phase === "in" && devices !== null
          ? { microphone: devices.microphone.value.on, camera: devices.camera.value.on }
          : null,
      );
    });
  }

  /** Who is here may change while the person still combs their hair. */
  async #refresh(): Promise<void> {
    if (this.#stand.value.at !== "lobby" || document.hidden) return;
    const answer = await this.#ask();
    if (this.#stand.value.at !== "lobby") return;
    if (!answer.ok && answer.problem.code === "unencrypted") return this.#close(answer.problem);
    if (!answer.ok) return;
    this.#stand.value = { at: "lobby", info: answer.info };
  }
}
