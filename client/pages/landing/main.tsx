/** The page at `/`: what Lectern is, and a lesson to try where the instance offers one. */
import { render } from "preact";
import "../../design/style.ts";
import { Landing } from "./landing.tsx";

const page = document.getElementById("app");
if (page !== null) render(<Landing />, page);
