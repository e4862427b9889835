import { expect } from "@std/expect";
import { SILENT_MS } from "../../server/socket/recording_feed.ts";
import { QuietEngine, RTP } from "../support/room/quiet_engine.ts";
import { pause, withNode } from "../support/recording/recording_scene.ts";

/** Each lives under this name in the file. */
const SCENARIOS = {
  "recording_scenarios.ts": [
    "a lesson can be watched the moment it is over, and ffmpeg decodes every file of it",
    "a pause leaves no trace of sound, picture, board or chat, and the lesson goes on behind it",
    "only the tutor, booked students and minted links open a recording; guests while it runs",
    "a lesson that isn't to be recorded leaves nothing",
  ],
  "recording_turns.ts": [
    "paused and resumed again and again, a lesson keeps what lies between and no trace of the rest",
    "who comes late, comes back, shares a screen or turns the camera finds it in its place",
  ],
  "recording_faults.ts": [
    "a live camera of which nothing is kept for ten seconds is told to the room at once, and once",
    "on a full disk the room is told, the lesson goes on, and nothing earlier is lost",
    "5% of the packets lost on the way leave a file without errors that hardly lacks anything",
  ],
  "recording_deaths.ts": [
    "when a lesson's media process is killed, its recording keeps what came before, and what comes after",
    "when the recorder's thread dies amid a lesson, what came before is kept, and what comes after",
    "after kill -9 a recording holds everything up to the last second, and is finished at restart",
  ],
  "recording_clock.ts": [
    "with the clock set back and forth amid a lesson, its recording is as long as the lesson and in its order",
    "a lesson that goes on after a restart with the clock set back is recorded behind what came before",
  ],
};

/** Each takes seconds; a machine with much else to do takes its time. */
const LIMIT_MS = 400_000;

for (const [file, names] of Object.entries(SCENARIOS)) {
  for (const name of names) {
    Deno.test(name, async () => {
      const path = new URL(`./scenarios/${file}`, import.meta.url).href;
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", path, name],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
        signal: AbortSignal.timeout(LIMIT_MS),
      }).output();
      expect({ code, stderr: code === 0 ? "" : new TextDecoder().decode(stderr) })
        .toEqual({ code: 0, stderr: "" });
    });
  }
}

Deno.test("nothing is said of a recording that lacks somebody whose network is gone, until they are back", async () => {
  let clock = Date.now();
  const engine = new QuietEngine();
  await withNode(async (node) => {
    const lesson = await node.book();
    const tutor = await node.join(lesson.tutor);
    const student = await node.join(lesson.student);
    const { id: transportId } = await student.request("media.createTransport", {
      direction: "send",
    });
    await student.request("media.produce", {
      transportId,
      kind: "audio",
      source: "audio",
      rtpParameters: RTP.audio,
      on: true,
    });
    const warned = () => tutor.notices.some(({ method }) => method === "recording.warning");
    engine.emit({ type: "transportQuiet", transportId, quiet: true });
    for (let i = 0; i < 3; i++) {
      clock += SILENT_MS;
      await pause(600);
      expect(warned()).toBe(false);
    }
    engine.emit({ type: "transportQuiet", transportId, quiet: false });
    clock += SILENT_MS;
    expect(await tutor.notice("recording.warning"))
      .toEqual({ message: "Sam's microphone isn't being recorded." });
    await Promise.all([tutor.close(), student.close()]);
  }, { engine, now: () => clock });
});
