/** A person without a picture: initials on a colour that is theirs each time. */
import { UserRound } from "lucide-preact";
import { hueOf, initialsOf } from "./initials.ts";
import "./avatar.css";

export function Avatar({ name, size }: { name: string; size: number }) {
  return (
    <span
      class="avatar"
      aria-hidden="true"
      style={{ "--avatar-hue": hueOf(name), width: `${size}px`, fontSize: `${size * 0.4}px` }}
    >
      {initialsOf(name) || <UserRound size={size * 0.5} />}
    </span>
  );
}
