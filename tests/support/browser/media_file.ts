/** What ffmpeg and ffprobe, which know nothing of Lectern, say of a file. */

export interface ProbedStream {
  kind: "audio" | "video";
  codec: string;
  width: number;
  height: number;
  /** Frames that were decoded, and packets that were read. */
  frames: number;
  packets: number;
}

export interface Probed {
  durationMs: number;
  streams: ProbedStream[];
}

async function run(command: string, args: string[]): Promise<{ stdout: string; stderr: string }> {
  const output = await new Deno.Command(command, { args }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (!output.success) throw new Error(`${command}: ${stderr}`);
  return { stdout: stdout!, stderr: stderr! };
}

/** Decodes the whole file. @throws Error with what ffprobe says of a file that isn't whole */
export async function probe(path: string): Promise<Probed> {
  const { stdout, stderr } = await run("ffprobe", [
    ..."-v error -count_frames -count_packets -of json -show_entries".split(" "),
    "format=duration:stream=codec_type,codec_name,width,height,nb_read_frames,nb_read_packets",
    path,
  ]);
  if (stderr !== "") throw new Error(stderr);
  const { format, streams } = JSON.parse(stdout) as {
    format: { duration: string };
    streams: Record<string, string | number>[];
  };
  return {
    durationMs: Number(format.duration) * 1000,
    streams: streams.map((stream) => ({
      kind: stream["codec_type"] === "video" ? "video" : "audio",
      codec: String(stream["codec_name"]),
      width: Number(stream["width"] ?? 0),
      height: Number(stream["height"] ?? 0),
      frames: Number(stream["nb_read_frames"]),
      packets: Number(stream["nb_read_packets"]),
    })),
  };
}

/** The mean loudness of a file's sound in dB: 0 is the loudest, silence about -91. */
export async function loudness(path: string): Promise<number> {
  const args = ["-i", path, "-map", "0:a", "-af", "volumedetect", "-f", "null", "-"];
  const { stderr } = await run("ffmpeg", args);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
}

/** The mean loudness in dB of what the two channels of a file's sound don't have in common; the same twice is about -91. */
export async function stereoWidth(path: string): Promise<number> {
  const filter = "pan=mono|c0=0.5*c0-0.5*c1,volumedetect";
  const { stderr } = await run("ffmpeg", [
    "-i",
    path,
    "-map",
    "0:a",
    "-af",
    filter,
    "-f",
    "null",
    "-",
  ]);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1]);
}

/** A microphone for Chromium with another note on each side: 440 Hz on the left, 1760 Hz on the right. */
export async function twoNotes(): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "lectern-microphone-", suffix: ".wav" });
  const note = (hertz: number) => ["-f", "lavfi", "-i", `sine=frequency=${hertz}:duration=4`];
  await run("ffmpeg", [
    ..."-y -v error".split(" "),
    ...[...note(440), ...note(1760)],
    ..."-filter_complex amerge=inputs=2,volume=4 -ac 2 -ar 48000".split(" "),
    path,
  ]);
  return path;
}

/** A part of a picture, in its pixels. */
export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How many shades of grey a part of a film has at a time: one or two is a blank. */
export async function greyLevels(path: string, atMs: number, part: Part): Promise<number> {
  const { x, y, width, height } = part;
  const output = await new Deno.Command("ffmpeg", {
    args: [
      ...`-v error -ss ${atMs / 1000} -i`.split(" "),
      path,
      ..."-map 0:v -frames:v 1 -f rawvideo -vf".split(" "),
      `crop=${width}:${height}:${x}:${y},format=gray`,
      "-",
    ],
  }).output();
  return new Set(output.stdout).size;
}

/** A camera for Chromium that moves all the time, and is white for one second of every six. */
export async function flashingCamera(): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "lectern-camera-", suffix: ".mjpeg" });
  await run("ffmpeg", [
    ..."-y -v error -f lavfi -i testsrc2=size=640x360:rate=30:duration=6 -vf".split(" "),
    "drawbox=0:0:iw:ih:white:fill:enable='between(t,5,6)'",
    ...`-q:v 5 -f mjpeg ${path}`.split(" "),
  ]);
  return path;
}

export type Colour = readonly [red: number, green: number, blue: number];

/** A camera for Chromium that shows four quarters, each of one colour. */
export async function paletteCamera(
  [one, two, three, four]: readonly [string, string, string, string],
  { width, height }: { width: number; height: number },
): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "lectern-palette-", suffix: ".y4m" });
  const box = (x: string, y: string, colour: string) =>
    `drawbox=${x}:${y}:iw/2:ih/2:${colour}:fill`;
  await run("ffmpeg", [
    ..."-y -v error -f lavfi -i".split(" "),
    `color=${one}:size=${width}x${height}:rate=30:duration=1,format=rgb24`,
    "-vf",
    [
      box("iw/2", "0", two),
      box("0", "ih/2", three),
      box("iw/2", "ih/2", four),
      "scale=out_color_matrix=bt601:out_range=tv,format=yuv420p",
    ].join(),
    path,
  ]);
  return path;
}

/** The colours in the middle of a video's quarters at a time, as ffmpeg shows them. */
export async function colourAt(path: string, atMs: number): Promise<Colour[]> {
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: [
      ...`-v error -ss ${atMs / 1000} -i`.split(" "),
      path,
      ..."-map 0:v -frames:v 1 -f rawvideo -vf scale=16:16:flags=neighbor,format=rgb24 -".split(
        " ",
      ),
    ],
  }).output();
  return [[4, 4], [12, 4], [4, 12], [12, 12]].map(([x, y]) => {
    const at = (y! * 16 + x!) * 3;
    return [stdout[at]!, stdout[at + 1]!, stdout[at + 2]!];
  });
}
