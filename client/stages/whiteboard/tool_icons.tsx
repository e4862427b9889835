/** Icons of our own tools, drawn in the manner of tldraw's. */

export function MathIcon() {
  return (
    <div class="board-tool-icon">
      <svg
        viewBox="0 0 30 30"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        aria-hidden="true"
      >
        <path d="M5 16h3l3 8 5-18h9" stroke-linejoin="round" stroke-linecap="round" />
        <path d="m17 13 7 9m0-9-7 9" stroke-linecap="round" />
      </svg>
    </div>
  );
}

export function PlotIcon() {
  return (
    <div class="board-tool-icon">
      <svg
        viewBox="0 0 30 30"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        aria-hidden="true"
      >
        <path d="M6 4v21h20" stroke-linejoin="round" stroke-linecap="round" />
        <path d="M9 20c5 0 5-12 9-12s3 7 7 7" stroke-linecap="round" />
      </svg>
    </div>
  );
}
