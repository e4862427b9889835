/**
 * What is changed of tldraw and its menus as they are bundled, because they were made for React and run under Preact.
 *
 * Invariant: a version that a change doesn't fit fails the build.
 */
import type { Plugin } from "vite";

interface Change {
  file: RegExp;
  /** Texts and what stands in their place. */
  replace: readonly (readonly [from: string, to: string])[];
  /** How often each must be there: once when left out. */
  times?: number;
}

/** The layers that were opened later than a menu: its submenus. */
const LATER = "...[...context.layers].slice([...context.layers].indexOf(node) + 1)";

/** What tldraw reads of a pointer's event. */
const COPIED = [
  "currentTarget",
  "pointerId",
  "pointerType",
  "pressure",
  "shiftKey",
  "altKey",
  "ctrlKey",
  "metaKey",
];

const CHANGES: readonly Change[] = [
  {
    // The version is told before the value is computed, so that every first rendering sees a change behind it and is
    // done again. React batches that; Preact queues each component and sorts its queue anew for each, which takes
    // a time that grows with the square of the shapes.
    file: /\/@tldraw\/state-react\/dist-esm\/lib\/useValue\.mjs$/,
    replace: [[
      "getSnapshot: () => $val2.lastChangedEpoch",
      "getSnapshot: () => ($val2.__unsafe__getWithoutCapture(true), $val2.lastChangedEpoch)",
    ]],
  },
  {
    // A stroke that begins beside an open menu goes on from a copy of the event. React's events are plain objects,
    // the browser's own that Preact hands on have their fields on the prototype, where a spread finds none.
    file: /\/@tldraw\/editor\/dist-esm\/lib\/components\/MenuClickCapture\.mjs$/,
    replace: [["...e,", `${COPIED.map((field) => `${field}: e.${field}`).join(", ")},`]],
  },
  {
    // A text gets the focus from a timer, with the caret first or all selected. Letters that came before the timer,
    // as they do on a busy page, must stay before the next ones.
    file: /\/tldraw\/dist-esm\/lib\/shapes\/text\/RichTextArea\.mjs$/,
    replace: [
      ["autofocus: true", 'autofocus: "end"'],
      [
        "rInitialRichText.current = content;",
        "rInitialRichText.current = content; rCreateInfo.current = { selectAll: false, caretPosition: null };",
      ],
    ],
  },
  ...[
    ["ContextMenu/DefaultContextMenu", 1],
    ["MainMenu/DefaultMainMenu", 1],
    ["primitives/TldrawUiDropdownMenu", 2],
    ["primitives/menus/TldrawUiMenuSubmenu", 1],
  ].map(([name, times]): Change => ({
    // Menus keep to the stage; by themselves they would end behind the room's bars.
    file: new RegExp(`/tldraw/dist-esm/lib/ui/components/${name}\\.mjs$`),
    replace: [["collisionPadding: 4,", "collisionPadding: 4, collisionBoundary: container,"]],
    times: Number(times),
  })),
  {
    // A submenu hangs elsewhere in the page. React lets its events rise through the menu that it belongs to, Preact
    // does not: the menu takes the focus of its own submenu for a focus outside, and closes.
    file: /\/@radix-ui\/react-dismissable-layer\/dist\/index\.mjs$/,
    replace: [
      [
        "const isFocusInBranch = [...context.branches]",
        `const isFocusInBranch = [...context.branches, ${LATER}]`,
      ],
      [
        "const isPointerDownOnBranch = [...context.branches]",
        `const isPointerDownOnBranch = [...context.branches, ${LATER}]`,
      ],
      [
        "[context.branches, isPointerEventsEnabled]",
        "[context.branches, context.layers, node, isPointerEventsEnabled]",
      ],
    ],
  },
];

export function tldrawUnderPreact(): Plugin {
  const done = new Set<Change>();
  return {
    name: "lectern-tldraw-under-preact",
    transform(code, id) {
      const change = CHANGES.find(({ file }) => file.test(id));
      if (change === undefined) return null;
      let changed = code;
      for (const [from, to] of change.replace) {
        const pieces = changed.split(from);
        if (pieces.length !== 1 + (change.times ?? 1)) {
          this.error(`${id} is not the one that we know`);
        }
        changed = pieces.join(to);
      }
      done.add(change);
      return { code: changed, map: null };
    },
    buildEnd(error) {
      if (error !== undefined) return;
      for (const change of CHANGES) {
        if (!done.has(change)) this.error(`nothing was found for ${change.file}`);
      }
    },
  };
}
