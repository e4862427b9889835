/** A running lesson can be extended: what the host added to its end. */
export const statements: readonly string[] = [
  `alter table meeting_settings add column extended_ms integer not null default 0`,
];
