/** The page at `/lessons#token=…`: one person's lessons, to come and past. */
import { render } from "preact";
import { PageBoundary } from "../../design/boundary.tsx";
import "../../design/style.ts";
import { shared } from "../../words/messages/shared/messages.ts";
import { startPage } from "../../words/start.ts";
import { LessonsPage } from "./page.tsx";

void startPage([shared], (page) =>
  render(
    <PageBoundary>
      <LessonsPage />
    </PageBoundary>,
    page,
  ));
