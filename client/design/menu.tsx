/**
 * A menu in the top layer, so that no scrolling panel clips it. The browser's popover opens and dismisses it;
 * this adds the place beside its button and the keys of a menu (ARIA practices, "menu button").
 */
import type { LucideIcon } from "lucide-preact";
import type { ComponentChildren, TargetedKeyboardEvent, TargetedToggleEvent } from "preact";
import { useId, useRef } from "preact/hooks";
import "./menu.css";

const GAP_PX = 6;
const MARGIN_PX = 8;

/** Keeps the menu on the side of its button where there is more room. */
function place(menu: HTMLElement, button: DOMRect): void {
  const above = button.top > innerHeight - button.bottom;
  const towardsLeft = button.left + button.width / 2 > innerWidth / 2;
  const style = menu.style;
  style.top = above ? "auto" : `${button.bottom + GAP_PX}px`;
  style.bottom = above ? `${innerHeight - button.top + GAP_PX}px` : "auto";
  style.left = towardsLeft ? "auto" : `${Math.max(MARGIN_PX, button.left)}px`;
  style.right = towardsLeft ? `${Math.max(MARGIN_PX, innerWidth - button.right)}px` : "auto";
  const room = above ? button.top : innerHeight - button.bottom;
  style.maxHeight = `${Math.max(120, room - GAP_PX - MARGIN_PX)}px`;
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)')];
}

function moveFocus(event: TargetedKeyboardEvent<HTMLElement>): void {
  const items = itemsOf(event.currentTarget);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = {
    ArrowDown: at + 1,
    ArrowUp: at <= 0 ? items.length - 1 : at - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (event.key === "Tab") event.currentTarget.hidePopover();
  if (next === undefined) return;
  event.preventDefault();
  items[next % items.length]?.focus();
}

export interface MenuProps {
  /** Names both the button and the menu. */
  label: string;
  /** What the button shows. */
  button: ComponentChildren;
  buttonClass?: string;
  shortcut?: string;
  tip?: string;
  tipSide?: "above" | "below" | "left";
  testId?: string;
  children: ComponentChildren;
}

export function Menu(props: MenuProps) {
  const id = useId();
  const trigger = useRef<HTMLButtonElement>(null);

  const onBeforeToggle = (event: TargetedToggleEvent<HTMLDivElement>) => {
    if (event.newState === "open" && trigger.current) {
      place(event.currentTarget, trigger.current.getBoundingClientRect());
    }
  };
  const onToggle = (event: TargetedToggleEvent<HTMLDivElement>) => {
    const open = event.newState === "open";
    trigger.current?.setAttribute("aria-expanded", String(open));
    if (open) itemsOf(event.currentTarget)[0]?.focus();
  };

  return (
    <>
      <button
        ref={trigger}
        type="button"
        class={props.buttonClass ?? "icon-button"}
        popovertarget={id}
        aria-label={props.label}
        aria-haspopup="menu"
        aria-expanded="false"
        data-tip={props.tip}
        data-tip-side={props.tipSide}
        data-testid={props.testId}
      >
        {props.button}
      </button>
      <div
        id={id}
        class="menu"
        popover="auto"
        role="menu"
        aria-label={props.label}
        onBeforeToggle={onBeforeToggle}
        onToggle={onToggle}
        onKeyDown={moveFocus}
      >
        {props.children}
      </div>
    </>
  );
}

export interface MenuItemProps {
  icon?: LucideIcon;
  label: string;
  /** The effect, in words. */
  detail?: string;
  /** Makes it one of several choices. */
  checked?: boolean;
  disabled?: boolean;
  testId?: string;
  onSelect: () => void;
}

export function MenuItem(props: MenuItemProps) {
  const Icon = props.icon;
  return (
    <button
      type="button"
      role={props.checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={props.checked}
      class="menu-item"
      tabIndex={-1}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={(event) => {
        event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover();
        props.onSelect();
      }}
    >
      {Icon && <Icon size={18} aria-hidden="true" />}
      <span>
        {props.label}
        {props.detail && <small>{props.detail}</small>}
      </span>
    </button>
  );
}
