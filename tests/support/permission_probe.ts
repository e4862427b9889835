/** Tries, in the place of the serving process, what that has no business with; prints what came of each. */
const attempts: Record<string, () => unknown> = {
  "read a file of the system": () => Deno.readTextFileSync("/etc/passwd"),
  "read a file beside the data folder": () => Deno.readTextFileSync(`${folder}/../beside`),
  "read a file of the repository": () => Deno.readTextFileSync("deno.json"),
  "read its environment as a file": () => Deno.readTextFileSync("/proc/self/environ"),
  "write beside the data folder": () => Deno.writeTextFileSync(`${folder}/../beside`, ""),
  "write the program": () => Deno.writeTextFileSync("main.ts", "", { append: true }),
  "write the program that it may run": () =>
    Deno.writeTextFileSync("server/start_media.sh", "", { append: true }),
  "run a program": () => new Deno.Command("/bin/true").outputSync(),
  "run Deno": () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync(),
  "run a shell": () => new Deno.Command("/bin/sh", { args: ["-c", "true"] }).outputSync(),
  "load the C library": () => Deno.dlopen("libc.so.6", {}),
  "end another process": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "import a module from elsewhere": async () => {
    const elsewhere = "https://deno.land/module.ts";
    const { message } = await import(elsewhere).catch((error) => error);
    if (/--no-remote/.test(message)) throw new Deno.errors.NotCapable(message);
  },
  "read a variable that it has no use for": () => {
    if (Deno.env.get("SOMEBODY_ELSES") === undefined) {
      throw new Deno.errors.NotCapable("It reads as unset");
    }
  },
  "give a thread more": () =>
    new Worker("data:text/javascript,", { type: "module", deno: { permissions: { read: true } } }),
  "read in the data folder": () => [...Deno.readDirSync(folder)],
  "write in the data folder": () => Deno.writeTextFileSync(`${folder}/within`, ""),
};

const folder = Deno.env.get("DATA_DIR")!;
const outcomes: Record<string, string> = {};
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt();
    outcomes[name] = "done";
  } catch (error) {
    outcomes[name] = (error as Error).name;
  }
}
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcomes)));
