/** The page of a meeting link: lobby first, then the room in the same page. */
import { render } from "preact";
import { PageBoundary } from "../../design/boundary.tsx";
import "../../design/style.ts";
import { restTips } from "../../design/tips.ts";
import { door } from "../../words/messages/door/messages.ts";
import { encryption } from "../../words/messages/encryption/messages.ts";
import { shared } from "../../words/messages/shared/messages.ts";
import { startPage } from "../../words/start.ts";
import { App } from "./app.tsx";
import { readLink } from "./link.ts";
import { Visit } from "./visit.ts";

const link = readLink(new URL(location.href));
restTips();
// Another person's link to the same meeting differs in its fragment alone.
addEventListener("hashchange", () => location.reload());
const visit = link && new Visit(link);
visit?.askEarly();
void startPage(
  [shared, door, encryption],
  (page) =>
    render(
      <PageBoundary>
        <App visit={visit} />
      </PageBoundary>,
      page,
    ),
);
