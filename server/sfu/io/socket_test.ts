import { expect } from "@std/expect";
import { openLinuxSocket } from "./linux.ts";
import { openPortableSocket } from "./portable.ts";
import { openSocket } from "./socket.ts";
import { type DatagramSocket, type Remote, SLOT_BYTES } from "../ports.ts";

type Open = (options: { address: string; port: number }) => Promise<DatagramSocket>;

const KINDS: { name: string; open: Open; here: boolean }[] = [
  {
    name: "Linux",
    open: (options) => Promise.resolve(openLinuxSocket(options)),
    here: Deno.build.os === "linux",
  },
  { name: "portable", open: openPortableSocket, here: true },
];

const WAIT_MS = 5000;
/** Long enough that what is woken comes first. */
const PATIENT_MS = 500;

interface Arrival {
  bytes: Uint8Array;
  from: Remote;
}

/** Receives until `count` datagrams have come. */
async function gather(socket: DatagramSocket, count: number): Promise<Arrival[]> {
  const arrivals: Arrival[] = [];
  while (arrivals.length < count) {
    if (!(await socket.waitReadable(WAIT_MS))) break;
    await socket.receive(0, (bytes, _view, length, from) => {
      arrivals.push({ bytes: bytes.slice(0, length), from });
    });
  }
  return arrivals;
}

function send(socket: DatagramSocket, to: Remote, bytes: Uint8Array): void {
  socket.slot().bytes.set(bytes);
  socket.commit(bytes.length, to);
}

/** A datagram that names itself. */
function numbered(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(number);
  new DataView(bytes.buffer).setUint16(0, number);
  return bytes;
}

for (const { name, open, here } of KINDS) {
  const test = (title: string, run: () => Promise<void>) =>
    Deno.test({ name: `${name} sockets ${title}`, ignore: !here, fn: run });

  const pair = async (address: string) => {
    const a = await open({ address, port: 0 });
    const b = await open({ address, port: 0 });
    return { a, b, toB: a.remote(address, b.port), [Symbol.dispose]: () => (a.close(), b.close()) };
  };

  for (const address of ["127.0.0.1", "::1"]) {
    test(`carry datagrams of every size both ways on ${address}`, async () => {
      using sockets = await pair(address);
      const { a, b, toB } = sockets;
      const sizes = [1, 2, 50, 1200, 1200, 1200, 700, 1200, SLOT_BYTES, 3];
      sizes.forEach((size, i) => send(a, toB, numbered(i, Math.max(size, 2)).subarray(0, size)));
      a.flush();
      const arrivals = await gather(b, sizes.length);
      expect(arrivals.map(({ bytes }) => bytes.length)).toEqual(sizes);
      const from = arrivals[0]!.from;
      expect({ ...from, address: from.address, port: from.port, family: from.family })
        .toMatchObject({ address, port: a.port, family: address.includes(":") ? 6 : 4 });
      expect(new Set(arrivals.map((arrival) => arrival.from)).size).toBe(1);

      send(b, from, new Uint8Array([7, 7]));
      b.flush();
      expect((await gather(a, 1)).map(({ bytes }) => [...bytes])).toEqual([[7, 7]]);
    });
  }

  test("keep the order to each peer when datagrams to many are committed in turn", async () => {
    using sockets = await pair("127.0.0.1");
    const { a } = sockets;
    const peers = await Promise.all(
      Array.from({ length: 5 }, () => open({ address: "127.0.0.1", port: 0 })),
    );
    const remotes = peers.map((peer) => a.remote("127.0.0.1", peer.port));
    const sizes = Array.from({ length: 40 }, (_, i) => [1100, 1100, 300, 1150][i % 4]!);
    sizes.forEach((size, i) => remotes.forEach((remote) => send(a, remote, numbered(i, size))));
    a.flush();
    for (const peer of peers) {
      const arrivals = await gather(peer, sizes.length);
      expect(arrivals.map(({ bytes }) => bytes)).toEqual(
        sizes.map((size, i) => numbered(i, size)),
      );
      peer.close();
    }
  });

  test("hand over nothing without waiting when nothing came", async () => {
    using sockets = await pair("127.0.0.1");
    expect(await sockets.a.receive(0, () => expect("a datagram").toBe("none"))).toBe(0);
    expect(await sockets.a.waitReadable(1)).toBe(false);
  });

  test("wait for the first datagram as long as they are told", async () => {
    using sockets = await pair("127.0.0.1");
    const { a, b, toB } = sockets;
    expect(await b.receive(1, () => {})).toBe(0);
    send(a, toB, new Uint8Array([9]));
    a.flush();
    const lengths: number[] = [];
    expect(await b.receive(WAIT_MS, (_bytes, _view, length) => lengths.push(length))).toBe(1);
    expect(lengths).toEqual([1]);
  });

  test("wake who waits without blocking when a datagram comes or the socket closes", async () => {
    using sockets = await pair("127.0.0.1");
    const { a, b, toB } = sockets;
    const readable = b.waitReadable(WAIT_MS);
    send(a, toB, new Uint8Array([9]));
    a.flush();
    expect(await readable).toBe(true);
    await gather(b, 1);
    const ended: string[] = [];
    const patient = b.waitReadable(PATIENT_MS).then((came) => ended.push(`waited: ${came}`));
    const closed = a.waitReadable(PATIENT_MS).then((came) => ended.push(`closed: ${came}`));
    a.close();
    await Promise.all([closed, patient]);
    expect(ended).toEqual(["closed: false", "waited: false"]);
  });

  test("count what is sent, received and dropped", async () => {
    using sockets = await pair("127.0.0.1");
    const { a, b, toB } = sockets;
    for (let i = 0; i < 100; i++) send(a, toB, numbered(i, 200));
    a.flush();
    await gather(b, 100);
    // Nobody can be reached at port 0.
    for (let i = 0; i < 3; i++) send(a, a.remote("127.0.0.1", 0), new Uint8Array(4));
    a.flush();
    send(a, toB, new Uint8Array([1]));
    a.flush();
    await gather(b, 1);
    // A datagram may arrive before the runtime says that it left.
    while (a.counters().sent < 101) await a.waitReadable(1);
    expect(a.counters()).toMatchObject({ received: 0, sent: 101, dropped: 3 });
    expect(b.counters()).toMatchObject({ received: 101, sent: 0, dropped: 0 });
  });

  test("send nothing for a length of zero, and refuse one beyond a slot", async () => {
    using sockets = await pair("127.0.0.1");
    const { a, toB } = sockets;
    a.slot();
    a.commit(0, toB);
    a.flush();
    expect(a.counters().sent).toBe(0);
    expect(() => a.commit(SLOT_BYTES + 1, toB)).toThrow(RangeError);
  });

  test("drop a datagram that is longer than a slot", async () => {
    using sockets = await pair("127.0.0.1");
    const { b } = sockets;
    const { createSocket } = await import("node:dgram");
    const sender = createSocket("udp4");
    await new Promise((sent) =>
      sender.send(new Uint8Array(SLOT_BYTES + 1), b.port, "127.0.0.1", sent)
    );
    await new Promise((sent) => sender.send(new Uint8Array(5), b.port, "127.0.0.1", sent));
    sender.close();
    const arrivals = await gather(b, 1);
    expect(arrivals.map(({ bytes }) => bytes.length)).toEqual([5]);
    expect(b.counters().dropped).toBe(1);
  });

  test("do nothing after they are closed", async () => {
    using sockets = await pair("127.0.0.1");
    const { a, toB } = sockets;
    a.close();
    a.close();
    a.slot().bytes.fill(1);
    a.commit(10, toB);
    a.flush();
    expect(await a.receive(10, () => {})).toBe(0);
    expect(await a.waitReadable(10)).toBe(false);
    expect(a.counters().sent).toBe(0);
  });

  test("refuse an address that is taken, foreign or no address", async () => {
    using sockets = await pair("127.0.0.1");
    await expect((async () => await open({ address: "127.0.0.1", port: sockets.a.port }))())
      .rejects.toThrow();
    await expect((async () => await open({ address: "192.0.2.1", port: 0 }))()).rejects.toThrow();
    await expect((async () => await open({ address: "localhost", port: 0 }))())
      .rejects.toThrow('"localhost" is no IP address');
  });

  test("hear IPv4 and IPv6 when bound to every address", async () => {
    const all = await open({ address: "::", port: 0 });
    using v4 = await pair("127.0.0.1");
    using v6 = await pair("::1");
    send(v4.a, v4.a.remote("127.0.0.1", all.port), new Uint8Array([4]));
    v4.a.flush();
    const [four] = await gather(all, 1);
    send(v6.a, v6.a.remote("::1", all.port), new Uint8Array([6]));
    v6.a.flush();
    const [six] = await gather(all, 1);
    expect([four!.from.family, four!.from.address, four!.from.port])
      .toEqual([4, "127.0.0.1", v4.a.port]);
    expect([six!.from.family, six!.from.address, six!.from.port]).toEqual([6, "::1", v6.a.port]);
    send(all, four!.from, new Uint8Array([44]));
    all.flush();
    expect((await gather(v4.a, 1)).map(({ bytes }) => bytes[0])).toEqual([44]);
    all.close();
  });
}

Deno.test({
  name: "Linux sockets hand over what strangers send only as far as it introduces them",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const socket = openLinuxSocket({
      address: "127.0.0.1",
      port: 0,
      introduces: (view, length) => length > 1 && view.getUint8(0) === 1,
    });
    const peers = Array.from(
      { length: 3 },
      () => openLinuxSocket({ address: "127.0.0.1", port: 0 }),
    );
    const [known, stranger, newcomer] = peers as [DatagramSocket, DatagramSocket, DatagramSocket];
    const remote = socket.remote("127.0.0.1", known.port);
    socket.keep(remote);
    const say = (from: DatagramSocket, bytes: number[]) => {
      send(from, from.remote("127.0.0.1", socket.port), new Uint8Array(bytes));
      from.flush();
    };
    say(stranger, [2, 1]);
    say(known, [2, 2]);
    say(stranger, [1]);
    say(newcomer, [1, 3]);
    say(known, [9]);
    const arrivals: Arrival[] = [];
    while (arrivals.length < 3) arrivals.push(...await gather(socket, 1));
    expect(arrivals.map(({ bytes }) => [...bytes])).toEqual([[2, 2], [1, 3], [9]]);
    expect(arrivals[0]!.from).toBe(remote);
    expect(arrivals[1]!.from.port).toBe(newcomer.port);
    expect(socket.counters()).toMatchObject({ received: 5, strangers: 2, dropped: 0 });
    for (const one of [socket, ...peers]) one.close();
  },
});

Deno.test("openSocket takes the portable sockets when it is told to", async () => {
  const before = Deno.env.get("LECTERN_PORTABLE_IO");
  Deno.env.set("LECTERN_PORTABLE_IO", "1");
  try {
    const socket = await openSocket({ address: "127.0.0.1", port: 0 });
    expect(socket.constructor.name).toBe("PortableSocket");
    socket.close();
  } finally {
    if (before === undefined) Deno.env.delete("LECTERN_PORTABLE_IO");
    else Deno.env.set("LECTERN_PORTABLE_IO", before);
  }
});
