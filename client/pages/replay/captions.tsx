/** Who speaks, as text over the tiles, whatever the layout shows. */
import { useReplay } from "./model.ts";
import "./captions.css";

export function Captions() {
  const { view, speaker, manifest } = useReplay();
  const id = speaker.value;
  if (!view.captions.value || id === null) return null;
  const name = manifest.value.people.find(({ participantId }) => participantId === id)?.name;
  return name === undefined ? null : (
    <p class="caption" data-testid="caption">
      <strong>{name}</strong> speaks
    </p>
  );
}
