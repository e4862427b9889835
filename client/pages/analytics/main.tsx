/** The page at `/lessons/{meetingId}/analytics#token=…`: how a lesson went, for its tutor. */
import { render } from "preact";
import "../../design/style.ts";
import { AnalyticsPage } from "./page.tsx";

const page = document.getElementById("app");
if (page !== null) render(<AnalyticsPage />, page);
