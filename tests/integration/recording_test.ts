import { expect } from "@std/expect";

/** Each lives in recording_scenarios.ts under this name. */
const SCENARIOS = [
  "a lesson can be watched within a second of its end, and ffmpeg decodes every file of it",
  "a pause leaves no trace of sound, picture, board or chat, and the lesson goes on behind it",
  "after kill -9 a recording holds everything up to the last second, and is finished at restart",
  "5% of the packets lost on the way leave a file without errors that hardly lacks anything",
  "only the tutor, booked students and minted links open a recording; guests while it runs",
  "a lesson that isn't to be recorded leaves nothing",
];

const LIMIT_MS = 90_000;

for (const name of SCENARIOS) {
  Deno.test(name, async () => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        new URL("./recording_scenarios.ts", import.meta.url).href,
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
