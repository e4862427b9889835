import { expect } from "@std/expect";
import { openTestStorage, TEST_WINDOW } from "../testing/storage.ts";
import { openStorage } from "../storage.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

Deno.test("the log answers a meeting's rows in the order in which they were appended", async () => {
  await using storage = await openTestStorage();
  const first = await storage.log.append("one", [
    { at: 10, update: bytes(1) },
    { at: 11, update: bytes(2) },
  ]);
  await storage.log.append("other", [{ at: 12, update: bytes(9) }]);
  const last = await storage.log.append("one", [{ at: 13, update: bytes(3) }]);

  const { snapshot, rows } = await storage.log.load("one");
  expect(snapshot).toBeNull();
  expect(rows.map((row) => [row.at, ...row.update])).toEqual([[10, 1], [11, 2], [13, 3]]);
  expect(rows[1]?.seq).toBe(first);
  expect(rows[2]?.seq).toBe(last);
});

Deno.test("appends of several rooms in one turn each learn their own last row", async () => {
  await using storage = await openTestStorage();
  const seqs = await Promise.all(
    ["a", "b", "c", "a"].map((meetingId, index) =>
      storage.log.append(meetingId, [
        { at: index, update: bytes(index, 0) },
        { at: index, update: bytes(index, 1) },
      ])
    ),
  );
  for (const [index, meetingId] of ["a", "b", "c", "a"].entries()) {
    const { rows } = await storage.log.load(meetingId);
    const row = rows.find((row) => row.seq === seqs[index]);
    expect(row && [...row.update]).toEqual([index, 1]);
  }
});

Deno.test("a snapshot replaces the rows that it contains", async () => {
  await using storage = await openTestStorage();
  const seq = await storage.log.append("m", [{ at: 1, update: bytes(1) }]);
  await storage.log.saveSnapshot("m", { seq, at: 2, state: bytes(7, 7) });
  await storage.log.append("m", [{ at: 3, update: bytes(2) }]);

  const { snapshot, rows } = await storage.log.load("m");
  expect(snapshot).toEqual({ seq, at: 2, state: bytes(7, 7) });
  expect(rows.map((row) => [...row.update])).toEqual([[2]]);
});

Deno.test("appending nothing answers the number of the last row", async () => {
  await using storage = await openTestStorage();
  expect(await storage.log.append("m", [])).toBe(0);
  const seq = await storage.log.append("m", [{ at: 1, update: bytes(1) }]);
  expect(await storage.log.append("m", [])).toBe(seq);
});

Deno.test("an append of more rows than a statement takes is still one commit", async () => {
  await using storage = await openTestStorage();
  const rows = Array.from({ length: 12_000 }, (_, at) => ({ at, update: bytes(at & 255) }));
  const seq = await storage.log.append("m", rows);
  const loaded = await storage.log.load("m");
  expect(loaded.rows.length).toBe(12_000);
  expect(loaded.rows.at(-1)?.seq).toBe(seq);
});

Deno.test("updates of a megabyte and of no bytes come back byte for byte", async () => {
  await using storage = await openTestStorage();
  const large = new Uint8Array(1 << 20).map((_, index) => index * 31);
  await storage.log.append("m", [{ at: 1, update: large }, { at: 2, update: new Uint8Array() }]);
  const { rows } = await storage.log.load("m");
  expect(rows[0]?.update).toEqual(large);
  expect(rows[1]?.update).toEqual(new Uint8Array());
});

Deno.test("kill -9 of a writing process loses no row that it was told is stored", async () => {
  await using storage = await openTestStorage();
  const writer = startWriter(storage.path, "killed");
  const lines = writer.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length < 150) {
    const { value, done } = await lines.read();
    if (done) throw new Error(`the writer ended early: ${text}`);
    text += value;
  }
  writer.kill("SIGKILL");
  await writer.status;
  for (let read = await lines.read(); !read.done; read = await lines.read()) text += read.value;

  // The last line may be cut off by the kill.
  const acknowledged = text.split("\n").slice(0, -1).map(Number);
  const { rows } = await storage.log.load("killed");
  const stored = new Set(rows.map((row) => row.seq));
  expect(acknowledged.length).toBeGreaterThanOrEqual(149);
  expect(acknowledged.filter((seq) => !stored.has(seq))).toEqual([]);
  for (const [index, row] of rows.entries()) {
    expect(new DataView(row.update.buffer, row.update.byteOffset).getUint32(0)).toBe(index);
  }
});

Deno.test("two processes write at once and neither loses a row or fails", async () => {
  await using storage = await openTestStorage();
  const writer = startWriter(storage.path, "theirs", 300);
  const lines = writer.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  let theirs = (await reader.read()).value ?? "";
  for (let index = 0; index < 300; index++) {
    await storage.log.append("ours", [{ at: index, update: bytes(index & 255) }]);
  }
  for (let read = await reader.read(); !read.done; read = await reader.read()) theirs += read.value;
  expect((await writer.status).code).toBe(0);
  expect(theirs.trim().split("\n").length).toBe(300);
  expect((await storage.log.load("ours")).rows.length).toBe(300);
  expect((await storage.log.load("theirs")).rows.length).toBe(300);
});

Deno.test("a query beside an open transaction waits instead of blocking the process", async () => {
  await using storage = await openTestStorage();
  const booking = storage.meetings.create({
    title: "Algebra",
    tutor: { id: "t", name: "Mia" },
    students: [{ id: "s", name: "Ada" }],
    scheduledStart: null,
    scheduledEnd: null,
    bookingId: null,
    timeZone: null,
    isRecorded: false,
    encryption: "e2ee",
    policy: {},
  });
  // A connection that blocks waits in vain for its own other half, which runs on the same thread, and rejects.
  await Promise.all([
    booking,
    storage.log.append("m", [{ at: 1, update: bytes(1) }]),
    storage.ping(),
  ]);
});

Deno.test("a database that two processes open at once is migrated once", async () => {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  try {
    const location = {
      kind: "file",
      path: `${directory}/new.db`,
      synchronous: "normal",
    } as const;
    const writer = startWriter(location.path, "first", 1);
    const storage = await openStorage({ location, ...TEST_WINDOW });
    await storage.ping();
    await storage.close();
    await new Response(writer.stdout).text();
    expect((await writer.status).success).toBe(true);
    const again = await openStorage({ location, ...TEST_WINDOW });
    expect(again.migrated).toEqual([]);
    await again.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** A process that appends numbered rows and prints the seq of each once it is stored. */
function startWriter(path: string, meetingId: string, count = 1_000_000): Deno.ChildProcess {
  const program = `
    const [path, meetingId, count] = ${JSON.stringify([path, meetingId, count])};
    const { openStorage } = await import(${JSON.stringify(import.meta.resolve("../storage.ts"))});
    const storage = await openStorage({
      location: { kind: "file", path, synchronous: "normal" }, joinEarlyMs: 0, endGraceMs: 0,
    });
    for (let index = 0; index < count; index++) {
      const update = new Uint8Array(4);
      new DataView(update.buffer).setUint32(0, index);
      const seq = await storage.log.append(meetingId, [{ at: index, update }]);
      await Deno.stdout.write(new TextEncoder().encode(seq + "\\n"));
    }
    await storage.close();
  `;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    cwd: new URL("../..", import.meta.url),
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}
