/** A colour for each person, the same on every page: readable as a cursor on light and dark boards. */

const COLORS = [
  "#2f6fd6",
  "#c2410c",
  "#0d7d56",
  "#9333c9",
  "#b4236a",
  "#0e7d94",
  "#8a6d00",
  "#5b5bd6",
] as const;

export function personColor(participantId: string): string {
  let hash = 0;
  for (const letter of participantId) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  return COLORS[hash % COLORS.length] ?? COLORS[0];
}
