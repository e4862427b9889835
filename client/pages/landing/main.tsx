/** The page at `/`: what Lectern is, and a lesson to try where the instance offers one. */
import { render } from "preact";
import { PageBoundary } from "../../design/boundary.tsx";
import "../../design/style.ts";
import { landing } from "../../words/messages/landing/messages.ts";
import { shared } from "../../words/messages/shared/messages.ts";
import { startPage } from "../../words/start.ts";
import { Landing } from "./landing.tsx";

void startPage([shared, landing], (page) =>
  render(
    <PageBoundary>
      <Landing />
    </PageBoundary>,
    page,
  ));
