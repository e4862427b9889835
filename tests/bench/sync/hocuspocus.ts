/**
 * @hocuspocus/server in a process of its own: no guard, no log, no persistence.
 *
 * Its own listener is for Node (see hocuspocus_node.mjs); on Deno its documented integration takes any
 * WebSocket, so both servers stand on the same runtime and the same sockets.
 */
import { Hocuspocus } from "@hocuspocus/server";
import { serveUntilClosed } from "../server_process.ts";

const [count = "1", people = "3"] = Deno.args;
const hocuspocus = new Hocuspocus({ quiet: true });
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      const connection = hocuspocus.handleConnection(socket, request);
      socket.onmessage = ({ data }) => connection.handleMessage(new Uint8Array(data));
      socket.onclose = ({ code, reason }) => connection.handleClose({ code, reason });
    };
    return response;
  },
);
await serveUntilClosed({
  url: `ws://127.0.0.1:${server.addr.port}/`,
  lessons: Array.from({ length: Number(count) }, (_, n) => ({
    room: `room-${n}`,
    keys: Array.from({ length: Number(people) }, () => "any"),
  })),
});
Deno.exit(0);
