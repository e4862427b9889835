/** One person's lessons: what comes next, with a way in when it opens, and what was. */
import { BellRing, ChartNoAxesColumn, Download, Play } from "lucide-preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { KeptPicture } from "../../design/kept_picture.tsx";
import { Page, Waiting } from "../../design/page.tsx";
import { type Reader, sayDay, sayTime, sayZone, thisReader } from "../../words/schedule.ts";
import { followBooking } from "../../words/start.ts";
import {
  analyticsLink,
  askForLink,
  isOpen,
  type Lesson,
  type Lessons,
  loadFiles,
  loadLessons,
  sayCountdown,
  sortLessons,
  thumbnailPath,
} from "./lessons.ts";
import { meetingsWithSecrets } from "../../encryption/kept_secrets.ts";
import { KeyLinkButton } from "./key_link_button.tsx";
import { useReminder } from "./reminder.ts";
import { saveFile } from "../../design/save_file.ts";
import "./lessons.css";

const RELOAD_MS = 60_000;

function readToken(): string {
  return new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
}

export function LessonsPage() {
  const token = readToken();
  const lessons = useSignal<Lessons | null>(null);
  const trouble = useSignal<string | null>(null);
  const now = useSignal(Date.now());
  const load = async () => {
    const answer = await loadLessons(token);
    if (answer.ok) {
      await followBooking(answer.lessons.locale);
      lessons.value = answer.lessons;
    }
    // What is shown stays while the network is away.
    trouble.value = answer.ok ? null : answer.code;
  };
  useEffect(() => {
    void load();
    const reload = setInterval(load, RELOAD_MS);
    const tick = setInterval(() => now.value = Date.now(), 1000);
    return () => {
      clearInterval(reload);
      clearInterval(tick);
    };
  }, []);

  if (trouble.value === "unauthorized") {
    return (
      <Page title="This link doesn’t work any more" testId="lessons-refused">
        <p>Links to your lessons expire. Ask for a new one where you booked.</p>
      </Page>
    );
  }
  if (lessons.value === null) {
    if (trouble.value === null) return <Waiting says="Your lessons are on their way" />;
    return (
      <Page title="Your lessons can’t be reached" testId="lessons-unreachable">
        <p>The server does not answer. Check the network, or try again in a moment.</p>
        <button type="button" class="button button-main" onClick={() => void load()}>
          Try again
        </button>
      </Page>
    );
  }
  return <Overview token={token} lessons={lessons.value} now={now.value} />;
}

function Overview({ token, lessons, now }: { token: string; lessons: Lessons; now: number }) {
  const zone = lessons.timeZone;
  const reader = { ...thisReader(), now, ...(zone === null ? {} : { timeZone: zone }) };
  const { next, earlier } = sortLessons(lessons.lessons, now);
  const reminder = useReminder(next, now);
  const withKey = useSignal<ReadonlySet<string>>(new Set());
  useEffect(() => {
    document.title = "Your lessons · Lectern";
    void meetingsWithSecrets().then((found) => withKey.value = found);
  }, []);
  const rows = { reader, token, withKey: withKey.value };
  return (
    <div class="lessons" data-testid="lessons">
      <header>
        <span class="brand">Lectern</span>
        {reminder.canAsk && (
          <button type="button" class="button" onClick={reminder.ask}>
            <BellRing size={18} aria-hidden="true" />
            Remind me
          </button>
        )}
      </header>
      <main>
        <h1>{lessons.name === null ? "Your lessons" : `Lessons of ${lessons.name}`}</h1>
        <p class="soft">Times are in {sayZone(reader)}.</p>
        <section aria-labelledby="next">
          <h2 id="next">Next</h2>
          {next.length === 0 && <p class="lessons-none">No lesson is booked.</p>}
          <Days lessons={next} {...rows} />
        </section>
        {earlier.length > 0 && (
          <section aria-labelledby="earlier">
            <h2 id="earlier">Earlier</h2>
            <Days lessons={earlier} {...rows} />
          </section>
        )}
      </main>
    </div>
  );
}

interface RowProps {
  reader: Reader;
  token: string;
  /** Meetings whose recording's key this browser holds. */
  withKey: ReadonlySet<string>;
}

/** Lessons under the day that they are on. */
function Days({ lessons, ...row }: RowProps & { lessons: readonly Lesson[] }) {
  const days = new Map<string, Lesson[]>();
  for (const lesson of lessons) {
    const day = lesson.start === null ? "Any time" : capital(sayDay(lesson.start, row.reader));
    days.set(day, [...days.get(day) ?? [], lesson]);
  }
  return (
    <>
      {[...days].map(([day, onDay]) => (
        <div class="lessons-day" key={day}>
          <h3>{day}</h3>
          <ul>
            {onDay.map((lesson) => <LessonRow key={lesson.meetingId} lesson={lesson} {...row} />)}
          </ul>
        </div>
      ))}
    </>
  );
}

function LessonRow({ lesson, reader, token, withKey }: RowProps & { lesson: Lesson }) {
  const { title, start, end, status } = lesson;
  const { now } = reader;
  const open = isOpen(lesson, now);
  const times = start === null
    ? null
    : end === null
    ? sayTime(start, reader)
    : `${sayTime(start, reader)}–${sayTime(end, reader)}`;
  const isToCome = (status === "pending" || status === "active") &&
    (lesson.closesAt === null || now < lesson.closesAt);
  return (
    <li
      class={`lesson ${open ? "lesson-open" : isToCome ? "" : "lesson-past"}`}
      data-testid="lesson"
    >
      <span class="lesson-times">{times}</span>
      {lesson.hasThumbnail && (
        <KeptPicture class="lesson-picture" path={thumbnailPath(lesson.meetingId)} token={token} />
      )}
      <span class="lesson-what">
        <strong>{title}</strong>
        <span class="soft">{lesson.with.length > 0 && `with ${lesson.with.join(", ")}`}</span>
      </span>
      <span class="lesson-state">
        {status === "cancelled" && <span class="soft">Cancelled</span>}
        {isToCome && start !== null && (
          <span class="lesson-countdown">{sayCountdown(start, now)}</span>
        )}
        {isToCome && <GoButton lesson={lesson} token={token} what="room" enabled={open} />}
        {lesson.hasRecording && !isToCome && (
          <GoButton lesson={lesson} token={token} what="recording" enabled />
        )}
        {lesson.hasRecording && !isToCome && withKey.has(lesson.meetingId) && (
          <KeyLinkButton lesson={lesson} token={token} />
        )}
        {lesson.hasFiles && !isToCome && <FilesButton lesson={lesson} token={token} />}
        {lesson.hasAnalytics && (
          <a
            class="button"
            href={analyticsLink(token, lesson.meetingId)}
            aria-label={`How it went: ${title}`}
            data-testid="lesson-analytics"
          >
            <ChartNoAxesColumn size={18} aria-hidden="true" />
            How it went
          </a>
        )}
      </span>
    </li>
  );
}

interface GoProps {
  lesson: Lesson;
  token: string;
  what: "room" | "recording";
  enabled: boolean;
}

/** Asks for a link of its own, and follows it. */
function GoButton({ lesson, token, what, enabled }: GoProps) {
  const state = useSignal<"ready" | "asking" | "failed">("ready");
  const go = async () => {
    state.value = "asking";
    const url = await askForLink(token, lesson.meetingId, what);
    if (url === null) state.value = "failed";
    else location.assign(url);
  };
  const join = what === "room";
  const label = state.value === "failed" ? "Try again" : join ? "Join" : "Watch";
  return (
    <button
      type="button"
      class={join && enabled ? "button button-main" : "button"}
      disabled={!enabled || state.value === "asking"}
      aria-label={`${label}: ${lesson.title}`}
      onClick={() => void go()}
      data-testid={join ? "lesson-join" : "lesson-watch"}
    >
      {!join && <Play size={18} aria-hidden="true" />}
      {label}
    </button>
  );
}

/** Hands the lesson's code to the browser as a file. */
function FilesButton({ lesson, token }: { lesson: Lesson; token: string }) {
  const state = useSignal<"ready" | "asking" | "failed">("ready");
  const save = async () => {
    state.value = "asking";
    try {
      const files = await loadFiles(token, lesson.meetingId);
      if (files === null) throw new Error("the files can't be had");
      const { zipFiles } = await import("../../design/zip.ts");
      saveFile(zipFiles(files), `${lesson.title}.zip`);
      state.value = "ready";
    } catch {
      state.value = "failed";
    }
  };
  return (
    <button
      type="button"
      class="button"
      disabled={state.value === "asking"}
      aria-label={`Code files: ${lesson.title}`}
      onClick={() => void save()}
      data-testid="lesson-files"
    >
      <Download size={18} aria-hidden="true" />
      {state.value === "failed" ? "Try again" : "Code"}
    </button>
  );
}

function capital(text: string): string {
  const plain = text.replace(/^on /, "");
  return plain.charAt(0).toLocaleUpperCase() + plain.slice(1);
}
