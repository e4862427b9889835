/**
 * The stage, or two, and the faces beside it.
 *
 * A stage that was opened stays mounted when another one takes its place, so that coming back is instant.
 */
import { Boundary } from "../../../../design/boundary.tsx";
import { useRef } from "preact/hooks";
import { Faces } from "./faces.tsx";
import { useRoom } from "../model.ts";
import { StageHost } from "./stage_host.tsx";
import type { StageName } from "../../../../stages/stages.ts";
import { Talk } from "./talk.tsx";

export function StageArea() {
  const { view, sharers } = useRoom();
  const open = view.stages.value;
  const visited = useRef(new Set<StageName>());
  for (const stage of open) visited.current.add(stage);
  const everyFaceOnStage = open.includes("talk") && sharers.value.length === 0;
  return (
    <>
      <div class={`stages ${open.length > 1 ? "stages-two" : ""}`}>
        {view.available.filter((stage) => visited.current.has(stage)).map((stage) => {
          const shown = open.includes(stage);
          if (stage === "talk" && !shown) return null;
          return (
            <section
              key={stage}
              class={`stage ${shown ? "" : "stage-behind"}`}
              style={{ order: open.indexOf(stage) }}
              aria-hidden={!shown}
              data-testid={`stage-area-${stage}`}
            >
              {stage === "talk"
                ? (
                  <Boundary says="The faces stopped working. Sound goes on.">
                    <Talk />
                  </Boundary>
                )
                : <StageHost stage={stage} />}
            </section>
          );
        })}
      </div>
      {!everyFaceOnStage && (
        <Boundary says="The faces stopped working. Sound goes on.">
          <Faces />
        </Boundary>
      )}
    </>
  );
}
