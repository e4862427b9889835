import { expect } from "@std/expect";
import { openMediaPort } from "./media_port.ts";
import { MAX_STRANGERS_OF_ADDRESS, type StreamPeer, StreamPeers } from "./stream_peers.ts";
import type { DatagramSocket, Remote } from "../ports.ts";

const ADDRESS = "127.0.0.1";
const WAIT_MS = 10;
/** Looks like STUN from afar. */
const CHECK = [0, 3, 1, 2, 3];
const MEDIA = [0, 3, 128, 2, 3];

interface Arrival {
  bytes: number[];
  from: Remote;
}

async function open(options: { strangerMs?: number; stuckMs?: number; address?: string } = {}) {
  const port = await openMediaPort({ address: ADDRESS, port: 0, ...options });
  return { port, [Symbol.dispose]: () => port.close() };
}

function connect(port: DatagramSocket): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: port.address, port: port.port });
}

async function gather(port: DatagramSocket, count: number): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  while (arrivals.length < count) {
    if (!await port.waitReadable(WAIT_MS)) continue;
    await port.receive(0, (bytes, _view, length, from) => {
      arrivals.push({ bytes: [...bytes.subarray(0, length)], from });
    });
  }
  return arrivals;
}

function send(port: DatagramSocket, to: Remote, bytes: Uint8Array): void {
  port.slot().bytes.set(bytes);
  port.commit(bytes.length, to);
}

async function readExactly(connection: Deno.TcpConn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const more = await connection.read(bytes.subarray(at));
    if (more === null) throw new Error(`closed after ${at} bytes`);
    at += more;
  }
  return bytes;
}

/** Whether the port ended the connection, while its owner goes on serving. */
async function isClosed(port: DatagramSocket, connection: Deno.TcpConn): Promise<boolean> {
  let closed: boolean | undefined;
  connection.read(new Uint8Array(1)).then(
    (count) => closed = count === null,
    () => closed = true,
  );
  while (closed === undefined) {
    await port.waitReadable(WAIT_MS);
    await port.receive(0, () => {});
  }
  return closed;
}

for (const address of [ADDRESS, "::1"]) {
  Deno.test(`one port carries datagrams over UDP and over TCP both ways on ${address}`, async () => {
    using opened = await open({ address });
    using other = await open({ address });
    const { port } = opened;
    using connection = await connect(port);
    await connection.write(Uint8Array.from([...CHECK, ...CHECK.slice(0, 2)]));
    send(other.port, other.port.remote(address, port.port), Uint8Array.of(9));
    other.port.flush();
    const arrivals = await gather(port, 2);
    const [stream, datagram] = arrivals[0]!.from.protocol === "tcp" ? arrivals : arrivals.reverse();
    expect(datagram).toMatchObject({ bytes: [9], from: { port: other.port.port } });
    expect(datagram!.from.protocol).toBeUndefined();
    const { transport: _, ...local } = connection.localAddr;
    expect({ bytes: stream!.bytes, address: stream!.from.address, port: stream!.from.port })
      .toEqual({ bytes: [1, 2, 3], address: local.hostname, port: local.port });

    port.keep(stream!.from);
    await connection.write(Uint8Array.of(128, 0, 1));
    // The rest of a frame that came in two pieces; it is media, which only whoever is known may send.
    const [rest] = await gather(port, 1);
    expect(rest).toEqual({ bytes: [128, 0, 1], from: stream!.from });
    send(port, stream!.from, Uint8Array.of(5, 6));
    send(port, datagram!.from, Uint8Array.of(7));
    port.flush();
    expect([...await readExactly(connection, 4)]).toEqual([0, 2, 5, 6]);
    expect((await gather(other.port, 1))[0]!.bytes).toEqual([7]);
  });
}

Deno.test("a stranger who doesn't speak STUN is shown the door", async () => {
  using opened = await open();
  for (const words of [MEDIA, [0xff, 0xff, 0], [...new TextEncoder().encode("GET / HTTP/1.1")]]) {
    using connection = await connect(opened.port);
    await connection.write(Uint8Array.from(words));
    expect(await isClosed(opened.port, connection)).toBe(true);
  }
});

Deno.test("a stranger has a while, and whoever is known stays until they are let go", async () => {
  using opened = await open({ strangerMs: 10 });
  const { port } = opened;
  using known = await connect(port);
  await known.write(Uint8Array.from(CHECK));
  const [{ from }] = await gather(port, 1) as [Arrival];
  port.keep(from);
  using silent = await connect(port);
  expect(await isClosed(port, silent)).toBe(true);

  await known.write(Uint8Array.from(MEDIA));
  expect((await gather(port, 1))[0]!.from).toBe(from);
  send(port, from, Uint8Array.of(42));
  port.release(from);
  expect([...await readExactly(known, 3)]).toEqual([0, 1, 42]);
  expect(await isClosed(port, known)).toBe(true);
});

Deno.test("of many strangers from one address the oldest go", async () => {
  using opened = await open();
  const connections: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i <= MAX_STRANGERS_OF_ADDRESS; i++) {
      const connection = await connect(opened.port);
      connections.push(connection);
      await connection.write(Uint8Array.from([0, 1, i % 4]));
      await gather(opened.port, 1);
    }
    expect(await isClosed(opened.port, connections[0]!)).toBe(true);
    const last = connections.at(-1)!;
    await last.write(Uint8Array.from(CHECK));
    expect(await gather(opened.port, 1)).toHaveLength(1);
  } finally {
    for (const connection of connections) connection.close();
  }
});

Deno.test("for whoever reads nothing video is dropped, and what they read later is whole", async () => {
  using opened = await open();
  const { port } = opened;
  using connection = await connect(port);
  await connection.write(Uint8Array.from(CHECK));
  const [{ from }] = await gather(port, 1) as [Arrival];
  port.keep(from);
  const video = new Uint8Array(1200).fill(0xee);
  const heap = Deno.memoryUsage();
  // The kernel takes some megabytes first.
  while (port.counters().dropped === 0) {
    for (let i = 0; i < 50; i++) send(port, from, video);
    port.flush();
    await turn();
  }
  const rest = 20_000;
  for (let i = 0; i < rest; i++) send(port, from, video);
  send(port, from, Uint8Array.of(1, 2, 3));
  port.flush();
  expect(port.counters().dropped).toBeGreaterThan(rest);
  const { heapUsed, external } = Deno.memoryUsage();
  expect(heapUsed + external - heap.heapUsed - heap.external).toBeLessThan(16e6);
  const frame = await readExactly(connection, 1202);
  expect([frame[0], frame[1], frame[2]]).toEqual([1200 >> 8, 1200 & 0xff, 0xee]);
});

Deno.test("whoever takes nothing for too long goes", async () => {
  const listener = Deno.listen({ hostname: ADDRESS, port: 0 });
  const peers = new StreamPeers(listener, { stuckMs: 10 });
  using connection = await Deno.connect({ hostname: ADDRESS, port: listener.addr.port });
  try {
    const readable = Promise.withResolvers<void>();
    peers.onReadable = readable.resolve;
    await connection.write(Uint8Array.from(CHECK));
    await readable.promise;
    let from: StreamPeer | undefined;
    peers.deliver((_bytes, _view, _length, remote) => from = remote as StreamPeer);
    peers.keep(from!);
    const video = new Uint8Array(1200);
    while (peers.dropped === 0) {
      for (let i = 0; i < 50; i++) peers.push(video, video.length, from!);
      peers.flush();
      await turn();
    }
    expect(peers.size).toBe(1);
    while (peers.size > 0) await turn();
  } finally {
    peers.close();
  }
});

/** Lets the event loop do what is ready. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("where the port is taken for TCP it goes on with UDP alone, and says so", async () => {
  using listener = Deno.listen({ hostname: ADDRESS, port: 0 });
  const port = await openMediaPort({ address: ADDRESS, port: listener.addr.port });
  try {
    expect(port.takesTcp).toBeUndefined();
    expect(port.port).toBe(listener.addr.port);
    await expect(openMediaPort({ address: ADDRESS, port: port.port })).rejects.toThrow();
  } finally {
    port.close();
  }
  using both = await open();
  expect(both.port.takesTcp).toBe(true);
});
