/** Loads a stage's program when it is opened, and stands in while it comes, fails or breaks. */
import { Boundary } from "../../../../design/boundary.tsx";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Dots } from "../../../../design/page.tsx";
import { useRoom } from "../model.ts";
import {
  type LoadedStage,
  loadStage,
  STAGE_LABELS,
  type StageName,
} from "../../../../stages/stages.ts";

export function StageHost({ stage }: { stage: StageName }) {
  const { room } = useRoom();
  // A component is a function: a signal or a state setter would call it.
  const loaded = useSignal<{ Stage: LoadedStage } | "loading" | "failed">("loading");
  const attempt = useSignal(0);
  useEffect(() => {
    let current = true;
    loaded.value = "loading";
    loadStage(stage).then(
      (Stage) => current && (loaded.value = { Stage }),
      () => current && (loaded.value = "failed"),
    );
    return () => current = false;
  }, [stage, attempt.value]);

  const retry = () => attempt.value++;
  const again = attempt.value > 0;
  const state = loaded.value;
  if (state === "loading") {
    return (
      <div class="stage-empty" role="status">
        <Dots />
        <span>{STAGE_LABELS[stage]} is coming</span>
      </div>
    );
  }
  if (state === "failed") {
    return <Broken stage={stage} happened="did not load" again={again} retry={retry} />;
  }
  const { Stage } = state;
  return (
    <div class="stage-own" data-own-keys key={attempt.value}>
      <Boundary
        fallback={() => (
          <Broken stage={stage} happened="stopped working" again={again} retry={retry} />
        )}
      >
        <Stage session={room} />
      </Boundary>
    </div>
  );
}

interface BrokenProps {
  stage: StageName;
  happened: string;
  /** It was tried before: some browsers never ask again for a program that failed to arrive. */
  again: boolean;
  retry: () => void;
}

function Broken({ stage, happened, again, retry }: BrokenProps) {
  return (
    <div class="stage-empty" role="alert">
      <p>
        {STAGE_LABELS[stage]} {happened}. Everything on it is kept; the lesson goes on meanwhile.
      </p>
      <div class="stage-ways">
        <button type="button" class="button button-main" onClick={retry}>Try again</button>
        {again && (
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        )}
      </div>
    </div>
  );
}
