/** Screens of the client with the part that their texts belong to, and how to come to each. */
import type { Page, Route } from "playwright-core";
import { linkOf } from "../browser/lectern.ts";
import type { Lectern } from "../browser/lectern.ts";
import { byId } from "../browser/lesson.ts";

export interface Screen {
  area: string;
  name: string;
  /** Leads a fresh page there, and waits until it stands. */
  open(page: Page, lectern: Lectern): Promise<void>;
}

const HOUR_MS = 3_600_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

/** Answers a request with a problem (RFC 9457). */
export const problem =
  (status: number, code: string, more: Record<string, unknown> = {}) => (route: Route) =>
    route.fulfill({
      status,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: `/problems/${code}`, title: code, status, ...more }),
    });

/** The door as it looks when the server answers so. */
function closed(code: string, testId: string, more: Record<string, unknown> = {}): Screen {
  return {
    area: "door",
    name: `${code} ${Object.keys(more).join(" ")}`,
    async open(page, lectern) {
      const booking = await lectern.book();
      await page.route("**/api/join", problem(code === "rate-limited" ? 429 : 403, code, more));
      await page.goto(linkOf(booking, "Ada"));
      await byId(page, testId).waitFor();
    },
  };
}

const DOOR: Screen[] = [
  closed("unauthorized", "wrong-passcode"),
  closed("rate-limited", "rate-limited"),
  closed("cancelled", "cancelled"),
  closed("removed", "removed"),
  closed("locked", "locked"),
  closed("full", "full"),
  closed("unreadable", "unreadable"),
  closed("unavailable", "unreachable"),
  closed("too-early", "too-early"),
  closed("over", "over", { meetingTitle: "Algebra with Mia" }),
  closed("over", "recording-ready", { recordingUrl: "/recordings/r1" }),
  ...[0, 24, 72, 24 * 9].map((hours) =>
    closed("too-early", "too-early", {
      opensAt: inMs(hours * HOUR_MS + 60_000),
      scheduledEnd: inMs((hours + 1) * HOUR_MS),
      meetingTitle: "Algebra with Mia",
    })
  ),
  {
    area: "door",
    name: "encrypted no more",
    async open(page, lectern) {
      const booking = await lectern.book({ encryption: "e2ee" });
      await page.route(
        "**/api/join",
        (route) =>
          route.fulfill({ json: { title: "Algebra with Mia", encryption: "none", present: [] } }),
      );
      await page.goto(linkOf(booking, "Ada"));
      await byId(page, "unencrypted").waitFor();
    },
  },
  {
    area: "door",
    name: "without a passcode",
    async open(page, lectern) {
      const booking = await lectern.book();
      await page.goto(booking.url.replace(/\?.*$/, ""));
      await byId(page, "wrong-passcode").waitFor();
    },
  },
  {
    area: "door",
    name: "an address of no lesson",
    async open(page, lectern) {
      const booking = await lectern.book();
      await page.goto(booking.url.replace(booking.meetingId, "a.b"));
      await byId(page, "no-lesson").or(byId(page, "wrong-passcode")).waitFor();
    },
  },
  {
    area: "door",
    name: "a browser that is too old",
    async open(page, lectern) {
      await page.addInitScript(() =>
        delete (globalThis as { RTCPeerConnection?: unknown }).RTCPeerConnection
      );
      await page.goto(linkOf(await lectern.book(), "Ada"));
      await byId(page, "unsupported").waitFor();
    },
  },
];

const LANDING: Screen[] = [
  {
    area: "landing",
    name: "with a lesson to try",
    async open(page, lectern) {
      await page.goto(lectern.origin);
      await byId(page, "try").click();
      await byId(page, "try-links").waitFor();
    },
  },
  {
    area: "landing",
    name: "where no lesson could be made",
    async open(page, lectern) {
      await page.route("**/api/try", problem(500, "unavailable"));
      await page.goto(lectern.origin);
      await byId(page, "try").click();
      await page.locator(".notice").waitFor();
    },
  },
  {
    area: "landing",
    name: "where no lesson can be tried",
    async open(page, lectern) {
      await page.route("**/api/instance", problem(500, "unavailable"));
      await page.goto(lectern.origin);
      await page.locator(".landing .soft").first().waitFor();
    },
  },
];

async function enterRoom(page: Page, lectern: Lectern): Promise<void> {
  await page.goto(linkOf(await lectern.book({ isRecorded: true }), "Mia"));
  await byId(page, "join").click();
  await byId(page, "room").waitFor();
}

const LESSON: Screen[] = [
  {
    area: "lobby",
    name: "of somebody who is booked",
    async open(page, lectern) {
      await page.goto(linkOf(await lectern.book({ isRecorded: true, encryption: "e2ee" }), "Ada"));
      await byId(page, "join").waitFor();
    },
  },
  {
    area: "lobby",
    name: "of a guest",
    async open(page, lectern) {
      await page.goto((await lectern.book()).url);
      await byId(page, "join").waitFor();
    },
  },
  ...["chat", "people", "leave"].map((part): Screen => ({
    area: "room",
    name: `with ${part} open`,
    async open(page, lectern) {
      await enterRoom(page, lectern);
      await byId(page, part).first().click();
    },
  })),
  {
    area: "lessons",
    name: "with a lesson to come",
    async open(page, lectern) {
      await lectern.book({ scheduledStart: inMs(HOUR_MS), scheduledEnd: inMs(2 * HOUR_MS) });
      const made = await lectern.api("POST", "/people/s-1/lessons-links", {});
      await page.goto((await made.json()).url);
      await byId(page, "lesson").first().waitFor();
    },
  },
  {
    area: "analytics",
    name: "that can't be shown",
    async open(page, lectern) {
      await page.goto(`${lectern.origin}/lessons/${(await lectern.book()).meetingId}/analytics`);
      await byId(page, "analytics-refused").waitFor();
    },
  },
];

export const SCREENS: readonly Screen[] = [...LANDING, ...DOOR, ...LESSON];
