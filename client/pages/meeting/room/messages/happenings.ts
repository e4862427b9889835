/**
 * Turns what happens in the room into words: who came and went, who asks, what the host did.
 *
 * It listens and says; it changes nothing but what its own questions are answered with.
 */
import { effect } from "@preact/signals";
import type { MediaSource } from "../../../../../rooms/contract/document/schema.ts";
import { Chime } from "./chime.ts";
import type { RoomModel } from "../model.ts";
import { setCamera, setMicrophone } from "../own_media.ts";
import { sayTime, thisReader } from "../../../../words/schedule.ts";
import { STAGE_LABELS } from "../../../../stages/stages.ts";

const SOURCE_WORDS: Readonly<Record<MediaSource, string>> = {
  audio: "your microphone",
  video: "your camera",
  screen: "your screen share",
  screenAudio: "the sound of your screen share",
};

const MINUTE_MS = 60_000;
/** What one press adds to the lesson. */
const EXTEND_MINUTES = 15;
const MAX_ANNOUNCED_CHARS = 200;

/** Answers a function that stops listening. */
export function listenToHappenings(model: RoomModel): () => void {
  const stops = [
    ...questions(model),
    watchPeople(model),
    watchWaiting(model),
    watchKeeping(model),
  ];
  model.messages.announce(`You are in the lesson ${model.room.meeting.peek().title}`);
  model.chat.onArrival((message) => {
    if (model.view.panel.value === "chat") return;
    model.messages.announce(`${message.name}: ${message.text.slice(0, MAX_ANNOUNCED_CHARS)}`);
  });
  return () => stops.forEach((stop) => stop());
}

function questions(model: RoomModel): (() => void)[] {
  const { room, messages } = model;
  return [
    room.on("participant.asked", ({ source, by }) => {
      if (source !== "audio" && source !== "video") return;
      const [text, label] = source === "audio"
        ? [`${by} asks you to switch your microphone on.`, "Switch it on"]
        : [`${by} asks you to switch your camera on.`, "Switch it on"];
      const turnOn = source === "audio" ? setMicrophone : setCamera;
      const own = source === "audio" ? model.devices.microphone : model.devices.camera;
      if (own.peek().on) return;
      const id = messages.ask(text, [
        { label, main: true, run: () => void turnOn(model, true) },
        { label: "Not now", run: () => stop() },
      ]);
      // Switched on by any other way, the question is answered.
      const stop = own.subscribe(({ on }) => {
        if (!on) return;
        messages.dismiss(id);
        queueMicrotask(() => stop());
      });
    }),
    room.on("participant.stopped", ({ source, by }) => {
      if (source === "screenAudio") return;
      const how = source === "audio" ? "muted" : "stopped";
      const sharesSound = source === "audio" && model.me?.screenAudio.producerId != null;
      const what = sharesSound ? `you, ${SOURCE_WORDS.screenAudio} too` : SOURCE_WORDS[source];
      messages.say(`${by} ${how} ${what}.`);
    }),
    room.on("meeting.brought", ({ stage, by }) => {
      model.view.only(stage);
      const who = room.permissions.peek().host && by === room.me.name ? "You" : by;
      messages.say(`${who} brought everyone to ${STAGE_LABELS[stage]}.`);
    }),
    watchEnd(model),
    room.on("recording.warning", ({ message }) => messages.say(message)),
    room.on("error", ({ message }) => messages.say(message)),
  ];
}

/** Says when this device stops keeping what is written, and holds back whoever would close the only copy. */
function watchKeeping({ room, messages }: RoomModel): () => void {
  let kept = room.saved.peek().kept;
  const stop = effect(() => {
    const before = kept;
    kept = room.saved.value.kept;
    if (before && !kept) {
      messages.say(
        "Your browser no longer keeps your changes on this device. They are stored on the server as before: " +
          "leave the page open until it says Saved.",
      );
    }
  });
  const onLeave = (event: BeforeUnloadEvent) => {
    const saved = room.saved.peek();
    if (saved.unsaved > 0 && !saved.kept) event.preventDefault();
  };
  addEventListener("beforeunload", onLeave);
  return () => {
    stop();
    removeEventListener("beforeunload", onLeave);
  };
}

/** Warns of the end, and offers the host to move it. */
function watchEnd(model: RoomModel): () => void {
  const { room, connection, messages } = model;
  let offered: number | null = null;
  const withdraw = () => {
    if (offered !== null) messages.dismiss(offered);
    offered = null;
  };
  const stops = [
    connection.closing.subscribe((closing) => {
      withdraw();
      if (closing === null) return;
      const { endsAt, extendableMs } = closing;
      const minutes = Math.max(1, Math.ceil((endsAt - room.now()) / MINUTE_MS));
      const left = minutes === 1 ? "a minute" : `${minutes} minutes`;
      const more = Math.min(EXTEND_MINUTES, Math.floor(extendableMs / MINUTE_MS));
      if (!room.permissions.peek().host || more === 0) {
        return messages.say(`The lesson closes in ${left}.`);
      }
      // The question may stay for a while, and has to stay true.
      offered = messages.ask(
        `The lesson closes at ${sayTime(endsAt, thisReader())}, in less than ${left}.`,
        [
          {
            label: `Extend by ${more} minutes`,
            main: true,
            run: () => void model.command("meeting.extend", { minutes: more }),
          },
          { label: "Let it end", run: () => {} },
        ],
      );
    }),
    room.on("meeting.extended", ({ endsAt, by }) => {
      const who = room.permissions.peek().host && by === room.me.name ? "You" : by;
      messages.say(`${who} extended the lesson. It closes at ${sayTime(endsAt, thisReader())}.`);
    }),
    withdraw,
  ];
  return () => stops.forEach((stop) => stop());
}

/** Says what changed between two looks at the people in the room. */
function watchPeople(model: RoomModel): () => void {
  let known: ReadonlyMap<string, { name: string; hand: boolean; screen: boolean }> | null = null;
  return effect(() => {
    const people = model.room.participants.value;
    // Before the first synchronisation nobody is known, oneself included: those are no arrivals.
    if (!people.some((person) => person.me)) return;
    const now = new Map(
      people.filter((person) => !person.me).map((person) => [
        person.id,
        {
          name: person.name,
          hand: person.hand !== null,
          screen: person.screen.on && !person.screen.stoppedByHost,
        },
      ]),
    );
    const before = known;
    known = now;
    if (before === null) return;
    for (const [id, person] of now) {
      const was = before.get(id);
      if (was === undefined) model.messages.say(`${person.name} joined.`);
      if (person.hand && !was?.hand) model.messages.say(`${person.name} raised a hand.`);
      if (person.screen && !was?.screen) offerScreen(model, person.name);
    }
    for (const [id, person] of before) {
      if (!now.has(id)) model.messages.say(`${person.name} left.`);
    }
  });
}

function offerScreen(model: RoomModel, name: string): void {
  if (model.view.stages.peek().includes("talk")) {
    model.messages.announce(`${name} shares a screen.`);
    return;
  }
  model.messages.ask(`${name} shares a screen.`, [
    { label: "Look", main: true, run: () => model.view.open("talk") },
    { label: "Later", run: () => {} },
  ]);
}

/** A soft sound for the host when somebody new waits. */
function watchWaiting(model: RoomModel): () => void {
  const chime = new Chime();
  let known = new Set<string>();
  return effect(() => {
    const waiting = model.connection.waiting.value;
    const fresh = waiting.filter(({ ticket }) => !known.has(ticket));
    known = new Set(waiting.map(({ ticket }) => ticket));
    const [first] = fresh;
    if (first === undefined) return;
    chime.ring();
    model.messages.announce(`${first.name} waits to be let in.`);
  });
}
