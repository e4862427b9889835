/** Tells people who left the page open that their lesson has opened, when they allow it. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isOpen, type Lesson } from "./lessons.ts";

export interface Reminder {
  /** The browser can, and the person hasn't decided yet. */
  canAsk: boolean;
  ask(): void;
}

/** Notifies once for each lesson that opens while the page is looked at by nobody. */
export function useReminder(lessons: readonly Lesson[], now: number): Reminder {
  const permission = useSignal("Notification" in globalThis ? Notification.permission : "denied");
  const known = useRef<Set<string> | null>(null);
  const open = lessons.filter((lesson) => isOpen(lesson, now));
  const ids = open.map((lesson) => lesson.meetingId).join(" ");
  useEffect(() => {
    // What was open when the page came needs no notice.
    const seen = known.current;
    known.current = new Set([...seen ?? [], ...open.map((lesson) => lesson.meetingId)]);
    if (seen === null || permission.value !== "granted") return;
    for (const { meetingId, title } of open) {
      if (seen.has(meetingId)) continue;
      const notice = new Notification(title, { body: "You can come in now.", tag: meetingId });
      notice.onclick = () => globalThis.focus();
    }
  }, [ids]);
  return {
    canAsk: permission.value === "default" && lessons.length > 0,
    async ask() {
      permission.value = await Notification.requestPermission();
    },
  };
}
