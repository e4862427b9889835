/** A person without a picture: initials on a colour that is theirs each time. */
import { UserRound } from "lucide-preact";
import { hueOf, initialsOf } from "./initials.ts";
import "./avatar.css";

/** `size` in CSS pixels; without it the surroundings set `--avatar-size`. */
export function Avatar({ name, size }: { name: string; size?: number }) {
  return (
    <span
      class="avatar"
      aria-hidden="true"
      style={{
        "--avatar-hue": hueOf(name),
        ...(size !== undefined && { "--avatar-size": `${size}px` }),
      }}
    >
      {initialsOf(name) || <UserRound size="50%" />}
    </span>
  );
}
