/**
 * Chooses how datagrams travel: batched system calls on Linux, the runtime's own sockets elsewhere, or where
 * `LECTERN_PORTABLE_IO` is `1`.
 */
import { SystemCallError } from "./libc.ts";
import { openLinuxSocket } from "./linux.ts";
import { openPortableSocket } from "./portable.ts";
import type { DatagramSocket, SocketOptions } from "../ports.ts";

const EAFNOSUPPORT = 97;

/** Binds a UDP port; rejects when the address or port can't be had. Port 0: any free one. */
export async function openSocket(options: SocketOptions): Promise<DatagramSocket> {
  const linux = Deno.build.os === "linux" && Deno.env.get("LECTERN_PORTABLE_IO") !== "1";
  if (!linux) return await openPortableSocket(options);
  try {
    return openLinuxSocket(options);
  } catch (error) {
    // A kernel that was booted without IPv6 has no dual-stack sockets.
    if (!(error instanceof SystemCallError) || error.errno !== EAFNOSUPPORT) throw error;
    return await openPortableSocket(options);
  }
}
