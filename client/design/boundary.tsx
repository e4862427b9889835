/**
 * Keeps a part of the page that throws, as it renders or in an effect, from taking the rest with it.
 *
 * In Preact 10.29 an effect that throws outside of any boundary stops the effects of every component that come after it.
 */
import { Component, type ComponentChildren, Fragment } from "preact";
import { shared } from "../words/messages/shared/messages.ts";
import "./boundary.css";

export interface BoundaryProps {
  /** What stopped working, and what goes on. */
  says?: string;
  /** Stands in for the part instead of the words and their button. */
  fallback?: (retry: () => void) => ComponentChildren;
  children: ComponentChildren;
}

export class Boundary extends Component<BoundaryProps, { broken: boolean; attempt: number }> {
  override state = { broken: false, attempt: 0 };

  override componentDidCatch(error: unknown): void {
    reportError(error);
    this.setState({ broken: true });
  }

  /** Makes the part anew. */
  readonly #retry = (): void => {
    this.setState(({ attempt }) => ({ broken: false, attempt: attempt + 1 }));
  };

  render({ says, fallback, children }: BoundaryProps) {
    const { broken, attempt } = this.state;
    if (!broken) return <Fragment key={attempt}>{children}</Fragment>;
    if (fallback !== undefined) return <>{fallback(this.#retry)}</>;
    return (
      <div class="broken" role="alert" data-testid="broken">
        <p>{says ?? shared.say("broken")}</p>
        <button type="button" class="button" onClick={this.#retry}>{shared.say("again")}</button>
      </div>
    );
  }
}

/** The last boundary, around a whole page. */
export function PageBoundary({ children }: { children: ComponentChildren }) {
  return (
    <Boundary
      fallback={() => (
        <div class="broken broken-page" role="alert" data-testid="broken-page">
          <p>{shared.say("broken.page")}</p>
          <button type="button" class="button button-main" onClick={() => location.reload()}>
            {shared.say("reload")}
          </button>
        </div>
      )}
    >
      {children}
    </Boundary>
  );
}
