/** The page at `/lessons/{meetingId}/analytics#token=…`: how a lesson went, for its tutor. */
import { render } from "preact";
import { PageBoundary } from "../../design/boundary.tsx";
import "../../design/style.ts";
import { shared } from "../../words/messages/shared/messages.ts";
import { startPage } from "../../words/start.ts";
import { AnalyticsPage } from "./page.tsx";

void startPage([shared], (page) =>
  render(
    <PageBoundary>
      <AnalyticsPage />
    </PageBoundary>,
    page,
  ));
