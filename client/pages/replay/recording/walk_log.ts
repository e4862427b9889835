/** A lesson walked through on its own, beside the one that is played: for pictures of other moments. */
import type { Manifest } from "../../../../rooms/contract/recording/manifest.ts";
import { WorkedOn } from "../stages/worked_on.ts";
import { LessonDocument, type Moved } from "./lesson_document.ts";
import type { RecordingLog } from "./log.ts";

const STANDS: Moved = { replaced: false, changed: new Set(), presenceChanged: false };

export class LessonWalk {
  readonly lesson = new LessonDocument();
  readonly workedOn = new WorkedOn();

  constructor(private readonly log: RecordingLog, private readonly manifest: () => Manifest) {}

  /** Brings the lesson to this time; fetches what is missing. @throws RecordingProblem */
  async to(atMs: number): Promise<Moved> {
    const segment = this.log.segmentAt(atMs);
    if (segment === undefined) return STANDS;
    let entries = this.log.entriesOf(segment, atMs);
    if (entries === undefined) {
      await this.log.load(segment);
      entries = this.log.entriesOf(segment, atMs) ?? [];
    }
    const moved = this.lesson.moveTo(atMs, segment.index, entries);
    this.workedOn.follow(moved, atMs, this.manifest().markers);
    return moved;
  }

  close(): void {
    this.lesson.doc.destroy();
  }
}
