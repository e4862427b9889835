/**
 * A main process that is about to be killed: it starts a media process, tells its id and waits.
 */
import { startMediaProcess } from "../../../server/sfu/io/media_parent.ts";
import { QUIET } from "../quiet_logger.ts";

const engine = await startMediaProcess({
  address: "127.0.0.1",
  port: 0,
  logger: QUIET,
});
await Deno.stdout.write(new TextEncoder().encode(`${engine.pid}\n`));
