/** werift as a forwarding server, a peer connection for each path: what a first attempt looks like. */
import { ServerProcess } from "../server_process.ts";
import { LoadPath } from "./path.ts";
import { describe, outwardAddress, serverSide } from "./sdp.ts";
import type { SfuServer } from "./servers.ts";

const SCRIPT = new URL("./werift_server.ts", import.meta.url).href;

interface Answer {
  sdp: string;
  /** The number of the newest subscriber. */
  subscriber: number;
}

export async function startWerift(): Promise<SfuServer> {
  const address = outwardAddress();
  const server = await ServerProcess.start<{ port: number }>(SCRIPT, [address]);
  const ask = async (body: Record<string, unknown>): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${server.ready.port}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`werift: ${await response.text()}`);
    return await response.json() as Answer;
  };
  return {
    pids: [server.pid],
    address,
    createRoom: () => Promise.resolve(null),
    publish: async (_room, kind, ssrc, connect) => {
      const path = new LoadPath(connect.sockets, address);
      const sdp = describe(kind, path, "sendonly", ssrc);
      path.connect(serverSide((await ask({ does: "publish", kind, id: ssrc, sdp })).sdp));
      await connect.up(path);
      return { path, handle: { id: ssrc, kind } };
    },
    subscribe: async (_room, publication, connect) => {
      const { id, kind } = publication.handle as { id: number; kind: "audio" | "video" };
      const path = new LoadPath(connect.sockets, address);
      const offer = await ask({ does: "subscribe", kind, id });
      path.connect({ ...serverSide(offer.sdp), controlling: true });
      const sdp = describe(kind, path, "recvonly");
      await ask({ does: "answer", id: offer.subscriber, sdp });
      await connect.up(path);
      return path;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
