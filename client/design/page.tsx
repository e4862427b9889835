/** A quiet page with one thing to say, and the ways on from there. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./page.css";

export interface PageProps {
  title: string;
  children?: ComponentChildren;
  testId?: string;
}

/** Its heading takes the focus, so that whoever listens hears where they are now. */
export function Page({ title, children, testId }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
    document.title = `${title} · Lectern`;
  }, [title]);
  return (
    <div class="page" data-testid={testId}>
      <header>
        <span class="brand" translate={false}>Lectern</span>
      </header>
      <main>
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {children}
      </main>
    </div>
  );
}

/** Shown while something comes that should come at once. */
export function Waiting({ says }: { says: string }) {
  return (
    <div class="page">
      <header>
        <span class="brand" translate={false}>Lectern</span>
      </header>
      <main role="status">
        <Dots />
        <span class="unseen">{says}</span>
      </main>
    </div>
  );
}

export function Dots() {
  return (
    <span class="waiting-dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
