/** How a lesson went: who was there, who talked, what was drawn, written and run, and how good the network was. */
import { ArrowLeft } from "lucide-preact";
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Avatar } from "../../design/avatar.tsx";
import { Page, Waiting } from "../../design/page.tsx";
import { type Reader, saySpan, sayTime, sayZone, thisReader } from "../../words/schedule.ts";
import {
  type Analytics,
  loadAnalytics,
  type PersonReport,
  readAddress,
  sayConnection,
  sayDuration,
  talkShares,
} from "./analytics.ts";
import { Bar, Timeline } from "./charts.tsx";
import "./analytics.css";

/** A lesson that runs is looked at again so often. */
const RELOAD_MS = 30_000;

export function AnalyticsPage() {
  const address = readAddress(new URL(location.href));
  const answer = useSignal<Awaited<ReturnType<typeof loadAnalytics>> | null>(null);
  const load = async () => {
    if (address !== null) answer.value = await loadAnalytics(address.meetingId, address.token);
  };
  const live = answer.value?.ok === true && answer.value.analytics.live;
  useEffect(() => void load(), []);
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => void load(), RELOAD_MS);
    return () => clearInterval(timer);
  }, [live]);

  if (address === null || answer.value?.ok === false && answer.value.code !== "unreachable") {
    return (
      <Page title="These figures can’t be shown" testId="analytics-refused">
        <p>Only the tutor of a lesson sees them, by a link to their lessons that still works.</p>
      </Page>
    );
  }
  if (answer.value === null) return <Waiting says="The figures are on their way" />;
  if (!answer.value.ok) {
    return (
      <Page title="The server can’t be reached" testId="analytics-unreachable">
        <p>Check the network, or try again in a moment.</p>
        <button type="button" class="button button-main" onClick={() => void load()}>
          Try again
        </button>
      </Page>
    );
  }
  return <Lesson analytics={answer.value.analytics} token={address.token} />;
}

function Lesson({ analytics, token }: { analytics: Analytics; token: string }) {
  const { title, people, seconds, extendedMinutes, start } = analytics;
  const reader = thisReader();
  useEffect(() => {
    document.title = `${title} · Lectern`;
  }, [title]);
  return (
    <div class="analytics" data-testid="analytics">
      <header>
        <span class="brand">Lectern</span>
        <a class="button" href={`/lessons#${new URLSearchParams({ token })}`}>
          <ArrowLeft size={18} aria-hidden="true" />
          Your lessons
        </a>
      </header>
      <main>
        <h1>{title}</h1>
        <p class="soft">
          {start === null
            ? "Nobody has come yet."
            : `${saySpan(start, analytics.end, reader)} (${sayZone(reader)})`}
        </p>
        {people.length > 0 && (
          <>
            <dl class="analytics-figures">
              <Figure says={analytics.live ? "So far" : "Length"} value={sayDuration(seconds)} />
              <Figure says="People" value={`${people.length}`} />
              <Figure says="On the board" value={`${sum(people, "strokes")}`} />
              <Figure says="Changes of code" value={`${sum(people, "edits")}`} />
              <Figure says="Runs" value={`${sum(people, "runs")}`} />
              <Figure says="Messages" value={`${sum(people, "messages")}`} />
              {extendedMinutes > 0 && (
                <Figure says="Extended by" value={`${extendedMinutes} min`} />
              )}
            </dl>
            <Presence analytics={analytics} reader={reader} />
            <Talk people={people} />
            <Media people={people} />
            <Work people={people} />
            <Network people={people} />
          </>
        )}
      </main>
    </div>
  );
}

type CountName = "strokes" | "edits" | "runs" | "messages";

const sum = (people: readonly PersonReport[], name: CountName) =>
  people.reduce((total, person) => total + person[name], 0);

function Figure({ says, value }: { says: string; value: string }) {
  return (
    <div>
      <dt>{says}</dt>
      <dd>{value}</dd>
    </div>
  );
}

interface SectionProps {
  title: string;
  note?: string;
  children: ComponentChildren;
}

function Section({ title, note, children }: SectionProps) {
  return (
    <section>
      <h2>{title}</h2>
      {note !== undefined && <p class="soft">{note}</p>}
      {children}
    </section>
  );
}

interface RowProps {
  person: PersonReport;
  says: string;
  /** What it says is a sentence. */
  long?: boolean;
  children: ComponentChildren;
}

/** One person, a chart, and what it says. */
function Row({ person, says, long = false, children }: RowProps) {
  return (
    <li class={long ? "analytics-row analytics-row-long" : "analytics-row"}>
      <span class="analytics-who">
        <Avatar name={person.name} size={28} />
        <span>{person.name}</span>
      </span>
      <span class="analytics-chart">{children}</span>
      <span class="analytics-says">{says}</span>
    </li>
  );
}

function Presence({ analytics, reader }: { analytics: Analytics; reader: Reader }) {
  const { people } = analytics;
  const stays = people.flatMap((person) => person.stays);
  const from = Math.min(...stays.map((stay) => stay.from));
  const to = Math.max(...stays.map((stay) => stay.to ?? reader.now));
  return (
    <Section title="In the room">
      <ul>
        {people.map((person) => (
          <Row key={person.userId} person={person} says={sayDuration(person.seconds)}>
            <Timeline stays={person.stays} from={from} to={to} />
          </Row>
        ))}
      </ul>
      <p class="analytics-scale" aria-hidden="true">
        <span>
          <span>{sayTime(from, reader)}</span>
          <span>{sayTime((from + to) / 2, reader)}</span>
          <span>{sayTime(to, reader)}</span>
        </span>
      </p>
    </Section>
  );
}

function Talk({ people }: { people: readonly PersonReport[] }) {
  const all = people.reduce((total, person) => total + person.talkSeconds, 0);
  const shares = talkShares(people);
  if (all === 0) {
    return (
      <Section title="Talk">
        <p class="soft">Nobody was heard.</p>
      </Section>
    );
  }
  return (
    <Section title="Talk">
      <div class="analytics-share">
        <Bar
          whole={all}
          parts={people.map((person) => ({
            value: person.talkSeconds,
            tone: { person: person.name },
          }))}
        />
      </div>
      <ul>
        {people.map((person, index) => (
          <Row
            key={person.userId}
            person={person}
            says={`${sayDuration(person.talkSeconds)} · ${shares[index]}%`}
          >
            <Bar
              whole={all}
              parts={[{ value: person.talkSeconds, tone: { person: person.name } }]}
            />
          </Row>
        ))}
      </ul>
    </Section>
  );
}

const MEDIA = [
  ["Microphone", "microphoneSeconds"],
  ["Camera", "cameraSeconds"],
  ["Screen", "screenSeconds"],
] as const;

function Media({ people }: { people: readonly PersonReport[] }) {
  return (
    <Section title="Microphone, camera, screen" note="Of the time in the room.">
      <ul>
        {people.map((person) => (
          <li class="analytics-media" key={person.userId}>
            <span class="analytics-who">
              <Avatar name={person.name} size={28} />
              <span>{person.name}</span>
            </span>
            <dl>
              {MEDIA.map(([says, name]) => (
                <div key={name}>
                  <dt>{says}</dt>
                  <dd>
                    <Bar whole={person.seconds} parts={[{ value: person[name], tone: "accent" }]} />
                    <span>{sayDuration(person[name])}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </Section>
  );
}

const WORK: readonly (readonly [says: string, name: CountName])[] = [
  ["Board", "strokes"],
  ["Code", "edits"],
  ["Runs", "runs"],
  ["Chat", "messages"],
];

function Work({ people }: { people: readonly PersonReport[] }) {
  return (
    <Section
      title="Board, code and chat"
      note="Things put on the board, changes of code, programs run, messages written."
    >
      <div class="analytics-table">
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              {WORK.map(([says, name]) => <th scope="col" key={name}>{says}</th>)}
            </tr>
          </thead>
          <tbody>
            {people.map((person) => (
              <tr key={person.userId}>
                <th scope="row">{person.name}</th>
                {WORK.map(([, name]) => (
                  <td key={name}>
                    <span>{person[name]}</span>
                    <Bar
                      whole={Math.max(...people.map((other) => other[name]))}
                      parts={[{ value: person[name], tone: "accent" }]}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Network({ people }: { people: readonly PersonReport[] }) {
  return (
    <Section title="Connection" note="How each person’s sound and pictures reached the server.">
      <ul>
        {people.map((person) => {
          const { goodSeconds, fairSeconds, poorSeconds } = person.connection;
          return (
            <Row key={person.userId} person={person} says={sayConnection(person.connection)} long>
              <Bar
                whole={goodSeconds + fairSeconds + poorSeconds}
                parts={[
                  { value: goodSeconds, tone: "good" },
                  { value: fairSeconds, tone: "fair" },
                  { value: poorSeconds, tone: "poor" },
                ]}
              />
            </Row>
          );
        })}
      </ul>
      <p class="analytics-legend" aria-hidden="true">
        <span class="legend-good">good</span>
        <span class="legend-fair">fair</span>
        <span class="legend-poor">poor</span>
      </p>
    </Section>
  );
}
