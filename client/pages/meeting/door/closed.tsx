/** The door is closed: why, and what to do now. */
import { CalendarPlus } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { KeyLink } from "../../../encryption/key_link.tsx";
import { saveCalendar } from "./calendar.ts";
import type { JoinProblem } from "../join.ts";
import { Page } from "../../../design/page.tsx";
import { PasscodePage } from "./passcode.tsx";
import { door } from "../../../words/messages/door/messages.ts";
import { dayOf, saySpan, sayTime, sayZone, thisReader } from "../../../words/schedule.ts";
import type { Visit } from "../visit.ts";

/** The longest that a browser's timer can wait. */
const MAX_TIMER_MS = 0x7fffffff;

export function Closed({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  switch (problem.code) {
    case "unauthorized":
    case "not-found":
      return <PasscodePage visit={visit} />;
    case "too-early":
      return <TooEarly visit={visit} problem={problem} />;
    case "rate-limited":
      return <RateLimited visit={visit} problem={problem} />;
    case "over":
      return <Over visit={visit} problem={problem} />;
    case "cancelled":
      return (
        <Page title={door.say("cancelled.title")} testId="cancelled">
          <p>{door.say("cancelled.text")}</p>
        </Page>
      );
    case "removed":
    case "refused":
      return <Removed />;
    case "unencrypted":
      return (
        <Page title={door.say("unencrypted.title")} testId="unencrypted">
          <p>{door.say("unencrypted.what")}</p>
          <p>{door.say("unencrypted.now")}</p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "locked":
      return (
        <Page title={door.say("locked.title")} testId="locked">
          <p>{door.say("locked.text")}</p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "full":
      return (
        <Page title={door.say("full.title")} testId="full">
          <p>{door.say("full.text")}</p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "unreadable":
      return (
        <Page title={door.say("unreadable.title")} testId="unreadable">
          <p>{door.say("unreadable.what")}</p>
          <p>{door.say("unreadable.now")}</p>
          <TryAgain visit={visit} />
        </Page>
      );
    default:
      return (
        <Page title={door.say("unreachable.title")} testId="unreachable">
          <p>{door.say(navigator.onLine ? "unreachable.server" : "unreachable.offline")}</p>
          <TryAgain visit={visit} />
        </Page>
      );
  }
}

function Over({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  const { recordingUrl, title } = problem;
  return (
    <Page title={door.say("over.title")} testId="over">
      {title && (
        <p>
          <strong translate={false}>{title}</strong>
        </p>
      )}
      {recordingUrl === null ? <p>{door.say("over.text")}</p> : (
        <RecordingReady
          href={recordingLink(recordingUrl, visit)}
          meetingId={visit.link.meetingId}
        />
      )}
    </Page>
  );
}

/**
 * The recording's address with what opens it: in another tab there is nothing else that would. It stands in the
 * fragment, which no server gets to see.
 */
export function recordingLink(recordingUrl: string, { link }: Visit): string {
  return link.invite === null
    ? recordingUrl
    : `${recordingUrl}#${new URLSearchParams({ invite: link.invite })}`;
}

export function RecordingReady({ href, meetingId }: { href: string; meetingId: string }) {
  return (
    <>
      <p data-testid="recording-ready">{door.say("recording.ready")}</p>
      <a class="button button-main" href={href}>{door.say("recording.watch")}</a>
      <KeyLink href={href} meetingId={meetingId} />
    </>
  );
}

export function Removed() {
  return (
    <Page title={door.say("removed.title")} testId="removed">
      <p>{door.say("removed.text")}</p>
    </Page>
  );
}

function TryAgain({ visit }: { visit: Visit }) {
  return (
    <button type="button" class="button button-main" onClick={() => void visit.ask()}>
      {door.say("tryAgain")}
    </button>
  );
}

function TooEarly({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  const { opensAt, scheduledStart, scheduledEnd } = problem;
  useEffect(() => {
    if (opensAt === null) return;
    const wait = Math.min(MAX_TIMER_MS, Math.max(1000, opensAt - Date.now()));
    const timer = setTimeout(() => void visit.ask(), wait);
    return () => clearTimeout(timer);
  }, [opensAt]);

  if (opensAt === null) {
    return (
      <Page title={door.say("early.notYet")} testId="too-early">
        <p>{door.say("early.comeBack")}</p>
        <TryAgain visit={visit} />
      </Page>
    );
  }
  const reader = thisReader();
  const title = door.say("early.title", {
    ...dayOf(opensAt, reader),
    time: sayTime(opensAt, reader),
  });
  const start = scheduledStart ?? opensAt;
  const save = () =>
    saveCalendar({
      uid: visit.link.meetingId,
      title: problem.title ?? door.say("lesson"),
      url: location.href,
      start,
      end: scheduledEnd,
      now: Date.now(),
    });
  return (
    <Page title={title} testId="too-early">
      <p>
        {problem.title && (
          <>
            <strong translate={false}>{problem.title}</strong>
            <br />
          </>
        )}
        <span class="numbers">{saySpan(start, scheduledEnd, reader)}</span>{" "}
        <span class="soft">{door.say("early.zone", { zone: sayZone(reader) })}</span>
      </p>
      <p class="soft">{door.say("early.leaveOpen")}</p>
      <div class="page-actions">
        <button type="button" class="button" onClick={save}>
          <CalendarPlus size={18} aria-hidden="true" />
          {door.say("early.calendar")}
        </button>
      </div>
    </Page>
  );
}

function RateLimited({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  const minutes = Math.ceil((problem.retryAfterMs ?? 60_000) / 60_000);
  return (
    <Page title={door.say("tries.title")} testId="rate-limited">
      <p>{door.say("tries.text", { minutes })}</p>
      <TryAgain visit={visit} />
    </Page>
  );
}
