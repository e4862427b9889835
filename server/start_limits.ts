/** How many files and connections this process may hold open at once, and whether that is enough to begin with. */

/** A lesson of two takes two; the database, the libraries and Deno itself some sixty. With fewer Deno itself may crash. */
const LEAST = 256;

export const TOO_FEW_FILES = "Lectern may open too few files and connections at once. " +
  "Raise the limit (ulimit -n, or LimitNOFILE of systemd), best to 65536, and start again.";

/** From the table that Linux keeps for each process; Deno has raised the soft limit to the hard one. */
export function mayOpenEnough(limits: string): boolean {
  const [, least] = /^Max open files\s+(\d+)\s/m.exec(limits) ?? [];
  return least === undefined || Number(least) >= LEAST;
}
