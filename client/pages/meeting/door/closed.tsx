/** The door is closed: why, and what to do now. */
import { CalendarPlus } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { KeyLink } from "../../../encryption/key_link.tsx";
import { saveCalendar } from "./calendar.ts";
import type { JoinProblem } from "../join.ts";
import { Page } from "../../../design/page.tsx";
import { PasscodePage } from "./passcode.tsx";
import { sayDay, saySpan, sayTime, sayZone, thisReader } from "../../../words/schedule.ts";
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
        <Page title="This lesson was cancelled" testId="cancelled">
          <p>Nobody will be in the room. Ask your tutor about a new time.</p>
        </Page>
      );
    case "removed":
    case "refused":
      return <Removed />;
    case "unencrypted":
      return (
        <Page title="This lesson isn’t encrypted as promised" testId="unencrypted">
          <p>
            You were promised that only the people in the lesson see and hear you. The server now
            says that it isn’t encrypted end to end, so your microphone and camera are off, and
            nothing of you is sent.
          </p>
          <p>
            What was saved is kept. Ask your tutor what happened, by phone or mail, and for a new
            link.
          </p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "locked":
      return (
        <Page title="The room is locked" testId="locked">
          <p>Nobody can come in just now. Ask the tutor to unlock it, then try again.</p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "full":
      return (
        <Page title="The room is full" testId="full">
          <p>When somebody leaves there is a place for you.</p>
          <TryAgain visit={visit} />
        </Page>
      );
    case "unreadable":
      return (
        <Page title="This lesson can’t be opened" testId="unreadable">
          <p>
            The server can’t read what is stored of it. All of that stays as it is, and whoever runs
            this server finds the reason in its log.
          </p>
          <p>Try again later, or ask your tutor for a link to another lesson.</p>
          <TryAgain visit={visit} />
        </Page>
      );
    default:
      return (
        <Page title="The lesson can’t be reached" testId="unreachable">
          <p>
            {navigator.onLine
              ? "The server does not answer. It may be restarting: try again in a moment."
              : "You seem to be offline. Check the network, then try again."}
          </p>
          <TryAgain visit={visit} />
        </Page>
      );
  }
}

function Over({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  const { recordingUrl, title } = problem;
  return (
    <Page title="This lesson is over" testId="over">
      {title && (
        <p>
          <strong>{title}</strong>
        </p>
      )}
      {recordingUrl === null
        ? <p>Its link no longer opens the room. Ask your tutor if you expected it to.</p>
        : (
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
      <p data-testid="recording-ready">
        Your recording is ready: faces and voices, board, code and chat, as they were.
      </p>
      <a class="button button-main" href={href}>Watch the lesson</a>
      <KeyLink href={href} meetingId={meetingId} />
    </>
  );
}

export function Removed() {
  return (
    <Page title="You can’t rejoin this lesson" testId="removed">
      <p>The host took you out of the room. If that was a mistake, ask them for a new link.</p>
    </Page>
  );
}

function TryAgain({ visit }: { visit: Visit }) {
  return (
    <button type="button" class="button button-main" onClick={() => void visit.ask()}>
      Try again
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
      <Page title="This lesson is not open yet" testId="too-early">
        <p>Come back shortly before it starts.</p>
        <TryAgain visit={visit} />
      </Page>
    );
  }
  const reader = thisReader();
  const title = `This lesson opens ${sayDay(opensAt, reader)} at ${sayTime(opensAt, reader)}`;
  const start = scheduledStart ?? opensAt;
  const save = () =>
    saveCalendar({
      uid: visit.link.meetingId,
      title: problem.title ?? "Lesson",
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
            <strong>{problem.title}</strong>
            <br />
          </>
        )}
        <span class="numbers">{saySpan(start, scheduledEnd, reader)}</span>{" "}
        <span class="soft">({sayZone(reader)})</span>
      </p>
      <p class="soft">You can leave this page open: it lets you in when the time comes.</p>
      <div class="page-actions">
        <button type="button" class="button" onClick={save}>
          <CalendarPlus size={18} aria-hidden="true" />
          Add to calendar
        </button>
      </div>
    </Page>
  );
}

function RateLimited({ visit, problem }: { visit: Visit; problem: JoinProblem }) {
  const minutes = Math.ceil((problem.retryAfterMs ?? 60_000) / 60_000);
  return (
    <Page title="Too many tries" testId="rate-limited">
      <p>
        To keep guessers out, this door rests for{" "}
        {minutes === 1 ? "a minute" : `${minutes} minutes`}
        . After that, open the link from your message or try again here.
      </p>
      <TryAgain visit={visit} />
    </Page>
  );
}
