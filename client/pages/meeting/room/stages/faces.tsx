/** The faces beside a stage: a column on a wide page, a row of small round ones on a phone. */
import { useRoom } from "../model.ts";
import { narrow } from "./screen_size.ts";
import { Tile } from "./tile.tsx";

export function Faces() {
  const { room } = useRoom();
  return (
    <ul class="faces" aria-label="Faces">
      {room.participants.value.map((person) => (
        <li key={person.id}>
          <Tile person={person} small={narrow.value} />
        </li>
      ))}
    </ul>
  );
}
