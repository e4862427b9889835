/** Reads the log segment by segment and answers the page's questions; those that come early wait until it is read. */
import { RecordingApi } from "../recording/api.ts";
import type { IndexAnswer, IndexQuestion } from "./index_protocol.ts";
import { LessonIndex } from "./lesson_index.ts";

const page = self as unknown as {
  postMessage(message: IndexAnswer): void;
  addEventListener(type: "message", listener: (event: MessageEvent<IndexQuestion>) => void): void;
};

let index: Promise<LessonIndex> = Promise.reject(new Error("nothing was read"));
index.catch(() => undefined);

page.addEventListener("message", ({ data }) => {
  if (data.type === "read") {
    index = read(data);
    index.catch(() => undefined);
  } else void answer(data);
});

async function read(question: Extract<IndexQuestion, { type: "read" }>): Promise<LessonIndex> {
  const { recordingId, token, segments, names, durationMs } = question;
  const api = RecordingApi.handedOn(recordingId, token);
  const made = new LessonIndex(names);
  for (const [done, segment] of segments.entries()) {
    made.addSegment(await api.segment(segment));
    page.postMessage({ id: 0, type: "reading", part: (done + 1) / segments.length });
  }
  made.end(durationMs);
  return made;
}

async function answer(
  question: Exclude<IndexQuestion, { type: "read" }>,
): Promise<void> {
  const { id } = question;
  try {
    const made = await index;
    switch (question.type) {
      case "search":
        return page.postMessage({ id, type: "found", finds: made.search(question.words) });
      case "silences":
        return page.postMessage({ id, type: "silences", silences: made.silences });
      case "appeared":
        return page.postMessage({ id, type: "appeared", atMs: made.appeared(question.items) });
    }
  } catch {
    page.postMessage({ id, type: "failed" });
  }
}
