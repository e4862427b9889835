import { expect } from "@std/expect";
import { TEST_WINDOW } from "./testing/storage.ts";
import { openStorage } from "./storage.ts";
import { startHranaServer } from "./testing/hrana.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

const BOOKING = {
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
} as const;

async function withServer(test: (url: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "lectern-test-" });
  try {
    await using server = startHranaServer(`${directory}/remote.db`, "secret");
    await test(server.url);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const open = (url: string, authToken: string | undefined) =>
  openStorage({ location: { kind: "remote", url, authToken }, ...TEST_WINDOW });

Deno.test("two nodes share a libSQL server: what one stores the other reads", async () => {
  await withServer(async (url) => {
    const one = await open(url, "secret");
    const other = await open(url, "secret");
    expect(one.migrated).not.toEqual([]);
    expect(other.migrated).toEqual([]);

    const { meeting, invites } = await one.meetings.create({ ...BOOKING });
    expect(await other.meetings.read(meeting.meetingId)).toEqual(meeting);
    expect(await other.meetings.findInvite(meeting.meetingId, invites[1]!.token))
      .toMatchObject({ name: "Ada" });

    const { meetingId } = meeting;
    const first = await one.log.append(meetingId, [
      { at: 1, update: bytes(1) },
      { at: 2, update: bytes(2, 0, 255) },
    ]);
    const last = await other.log.append(meetingId, [{ at: 3, update: bytes() }]);
    const { rows } = await one.log.load(meetingId);
    expect(rows.map((row) => [...row.update])).toEqual([[1], [2, 0, 255], []]);
    expect([rows[1]?.seq, rows[2]?.seq]).toEqual([first, last]);

    expect(await one.clientIds.bind(meetingId, 0xffffffff, "ada")).toBe(true);
    expect(await other.clientIds.bind(meetingId, 0xffffffff, "tom")).toBe(false);
    await one.close();
    await other.close();
  });
});

Deno.test("a libSQL server that refuses the token stops the start", async () => {
  await withServer(async (url) => {
    await expect(open(url, "wrong")).rejects.toThrow();
  });
});
