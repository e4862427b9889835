import { expect } from "@std/expect";
import { findTurnServer } from "../support/media/turn_server.ts";

/** Each lives in media_scenarios.ts under this name. */
const SCENARIOS = [
  "two peers publish sound and picture through the media process, and receive both",
  "a paused producer's packets end at the server, and resuming brings sound and picture back",
  "a consumer paused by its receiver gets nothing until it resumes",
  "5% of the packets lost on both ways are repaired without a key frame for each",
  "where there is room for sound alone the picture stops, and comes back with the room",
  "where UDP is blocked sound and picture come over TCP, also after an ICE restart",
  "when one of two media processes is killed, the lesson in the other goes on, and its own has media again",
  "an ICE restart keeps sound and picture",
  "a peer with another certificate than announced gets no connection",
];

/** Each takes seconds; a machine with much else to do takes its time. */
const LIMIT_MS = 240_000;

/** Needs Debian's coturn. */
const RELAY = "sound comes through a relay where nothing else is let through";

for (const name of [...SCENARIOS, RELAY]) {
  Deno.test(name, { ignore: name === RELAY && findTurnServer() === undefined }, async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("./scenarios/media_scenarios.ts", import.meta.url).href,
        name,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).output();
    expect({ code, stderr: code === 0 ? "" : new TextDecoder().decode(stderr) })
      .toEqual({ code: 0, stderr: "" });
  });
}
