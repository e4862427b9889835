/**
 * A main process that is about to be killed: it starts a media process, tells its id and waits.
 */
import { startMediaProcess } from "../../../server/sfu/io/media_parent.ts";

const silent = () => {};
const engine = await startMediaProcess({
  address: "127.0.0.1",
  port: 0,
  logger: { info: silent, warn: silent, error: silent },
});
await Deno.stdout.write(new TextEncoder().encode(`${engine.pid}\n`));
