/** A round button with an icon: named for assistive technology, with a tooltip that shows its key. */
import type { LucideIcon } from "lucide-preact";
import type { ComponentChildren } from "preact";

export interface IconButtonProps {
  icon: LucideIcon;
  label: string;
  onClick?: () => void;
  /** The key that does the same, as it is printed on it. */
  shortcut?: string;
  /** Shown as switched off: a muted microphone, a dark camera. */
  off?: boolean;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  tipSide?: "above" | "below" | "left";
  class?: string;
  testId?: string;
  children?: ComponentChildren;
}

export function IconButton(props: IconButtonProps) {
  const { icon: Icon, label, shortcut } = props;
  return (
    <button
      type="button"
      class={`icon-button ${props.off ? "icon-button-off" : ""} ${props.class ?? ""}`}
      aria-label={label}
      aria-keyshortcuts={shortcut}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      data-tip={shortcut ? `${label} (${shortcut})` : label}
      data-tip-side={props.tipSide}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <Icon size={20} aria-hidden="true" />
      {props.children}
    </button>
  );
}
