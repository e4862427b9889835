/** The page at `/lessons#token=…`: one person's lessons, to come and past. */
import { render } from "preact";
import "../../design/style.ts";
import { LessonsPage } from "./page.tsx";

const page = document.getElementById("app");
if (page !== null) render(<LessonsPage />, page);
