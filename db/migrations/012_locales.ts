/** The language in which each booked person is written to. */
export const statements: readonly string[] = [
  "alter table invites add column locale text",
];
