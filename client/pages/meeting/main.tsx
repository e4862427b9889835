/** The page of a meeting link: lobby first, then the room in the same page. */
import { render } from "preact";
import "../../design/style.ts";
import { restTips } from "../../design/tips.ts";
import { App } from "./app.tsx";
import { readLink } from "./link.ts";
import { Visit } from "./visit.ts";

const link = readLink(new URL(location.href));
restTips();
// Another person's link to the same meeting differs in its fragment alone.
addEventListener("hashchange", () => location.reload());
const page = document.getElementById("app");
if (page !== null) render(<App visit={link && new Visit(link)} />, page);
