/**
 * `deno task bench api [--meetings 100000] [--requests 2000]`: the booking API and the lobby's question, in one process
 * with a database file that already holds many meetings. Requests come eight at a time; times are a request's own.
 */
import { readFragment } from "../../rooms/contract/link_fragment.ts";
import { createClient } from "@libsql/client";
import { type HttpServer, LESSON, startHttp } from "../support/http/http_server.ts";

const AT_ONCE = 8;
const PASSCODE_ROUNDS = 3000;

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
}

/** Copies one booked meeting many times, as rows: booking them one by one would take minutes. */
async function fill(path: string, meetingId: string, count: number): Promise<void> {
  const client = createClient({ url: `file:${path}`, timeout: 10_000 });
  const numbers =
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;
  const from = { sql: "", args: [meetingId] };
  await client.execute({
    ...from,
    sql: `insert into video_meetings (meeting_id, passcode, booking_id, tutor_id, student_id,
      created_at, scheduled_start, scheduled_end, status, is_recorded)
      ${numbers} select 'bench' || i, passcode, 'b-' || i, 't-' || (i % 500), 's-' || (i % 5000),
      created_at, created_at + i * 60000, created_at + i * 60000 + 3600000, 'pending', is_recorded
      from n, video_meetings where meeting_id = ?`,
  });
  await client.execute({
    ...from,
    sql: `insert into meeting_settings (meeting_id, title, time_zone, encryption, policy)
      ${numbers} select 'bench' || i, title, time_zone, encryption, policy
      from n, meeting_settings where meeting_id = ?`,
  });
  for (const [role, modulus] of [["tutor", 500], ["student", 5000]] as const) {
    await client.execute({
      ...from,
      sql: `insert into invites (participant_id, meeting_id, user_id, role, name, created_at)
        ${numbers} select 'p-${role}-' || i, 'bench' || i, '${role[0]}-' || (i % ${modulus}), role,
        name, created_at from n, invites where meeting_id = ? and role = '${role}'`,
    });
  }
  client.close();
}

async function measure(requests: number, ask: (index: number) => Promise<Response>) {
  const times: number[] = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < requests) {
      const index = next++;
      const began = performance.now();
      const response = await ask(index);
      await response.text();
      times.push(performance.now() - began);
      if (!response.ok) throw new Error(`request ${index} was answered ${response.status}`);
    }
  }));
  const seconds = (performance.now() - started) / 1000;
  times.sort((left, right) => left - right);
  const at = (share: number) => Math.round(times[Math.floor(times.length * share)]! * 100) / 100;
  return { perSecond: Math.round(requests / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** What a comparison takes at the door: right, wrong, and of no lesson, turn by turn so that all meet the same noise. */
async function timePasscodes(
  meetings: HttpServer["storage"]["meetings"],
  { meetingId, passcode }: { meetingId: string; passcode: string },
) {
  const tries = {
    right: [meetingId, passcode],
    wrong: [meetingId, `${passcode.slice(0, -1)}!`],
    unknown: ["k3v9x2m7qa", passcode],
  } satisfies Record<string, [string, string]>;
  const times: Record<keyof typeof tries, number[]> = { right: [], wrong: [], unknown: [] };
  const kinds = Object.keys(tries) as (keyof typeof tries)[];
  for (let round = 0; round < PASSCODE_ROUNDS; round++) {
    for (let turn = 0; turn < kinds.length; turn++) {
      const kind = kinds[(round + turn) % kinds.length]!;
      const began = performance.now();
      const [id, given] = tries[kind];
      await meetings.verifyPasscode(id, given);
      times[kind].push(performance.now() - began);
    }
  }
  const median = (list: number[]) =>
    Math.round(list.sort((left, right) => left - right)[list.length >> 1]! * 1000);
  return {
    rightP50Us: median(times.right),
    wrongP50Us: median(times.wrong),
    unknownP50Us: median(times.unknown),
  };
}

export async function bench(args: string[]): Promise<Record<string, unknown>> {
  const meetings = option(args, "meetings", 100_000);
  const requests = option(args, "requests", 2000);
  await using server = await startHttp({ apiRequestsPerMinute: 1e9 });
  const booked = await (await server.api("POST", "/meetings", LESSON)).json();
  await fill(server.storage.path, booked.meetingId, meetings);
  const invite = readFragment(new URL(booked.links[1].url).hash).invite!;
  const { meetingId, passcode } = booked;
  const join = JSON.stringify({ meetingId, passcode, invite });
  const headers = { "content-type": "application/json" };
  const results = {
    passcodes: await timePasscodes(server.storage.meetings, booked),
    join: await measure(
      requests,
      () => server.send("/api/join", { method: "POST", headers, body: join }),
    ),
    create: await measure(requests, () => server.api("POST", "/meetings", LESSON)),
    read: await measure(requests, (index) => server.api("GET", `/meetings/bench${index + 1}`)),
    listNewest: await measure(requests, () => server.api("GET", "/meetings?limit=50")),
    listByPerson: await measure(
      requests,
      (index) => server.api("GET", `/meetings?limit=50&userId=s-${index % 5000}`),
    ),
    listByBooking: await measure(
      requests,
      (index) => server.api("GET", `/meetings?bookingId=b-${index + 1}`),
    ),
    listByStatus: await measure(requests, () => server.api("GET", "/meetings?status=pending")),
    listByTime: await measure(requests / 10, (index) => {
      const from = new Date(server.clock.now + index * 3_600_000).toISOString();
      const to = new Date(server.clock.now + (index + 24) * 3_600_000).toISOString();
      return server.api("GET", `/meetings?from=${from}&to=${to}`);
    }),
  };
  return { bench: "api", meetings, requests, atOnce: AT_ONCE, ...results };
}
