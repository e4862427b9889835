/**
 * A small network on this machine: a network namespace a person, joined to the server by a bridge.
 *
 * Needs Linux, root and iproute2. Everything made here goes with `close`.
 */

interface Place {
  namespace: string;
  /** The bridge's end of the cable; the namespace's end is eth0. */
  cable: string;
  address: string;
}

export class Network {
  readonly #people = new Map<string, Place>();
  #scripts: string | undefined;

  private constructor(readonly name: string, readonly subnet: string) {}

  /** Why this machine has no namespaces, in words; null when it has. */
  static async missing(): Promise<string | null> {
    const tried = await Network.open([]);
    if (typeof tried === "string") return tried;
    await tried.close();
    return null;
  }

  /** Makes the network, or answers in words why this machine can't. */
  static async open(people: readonly string[]): Promise<Network | string> {
    if (Deno.build.os !== "linux") return "network namespaces are Linux's";
    if (Deno.uid() !== 0) return "network namespaces need root";
    const random = crypto.getRandomValues(new Uint8Array(2));
    const network = new Network(`lec${random[0]}`, `10.${64 + random[1]! % 128}.${random[0]}`);
    try {
      await network.#make(people);
      return network;
    } catch (error) {
      await network.close();
      return (error as Error).message;
    }
  }

  /** The server's. */
  get address(): string {
    return `${this.subnet}.1`;
  }

  async #make(people: readonly string[]): Promise<void> {
    this.#scripts = await Deno.makeTempDir({ prefix: "lectern-network-" });
    await run("ip", "link", "add", this.name, "type", "bridge");
    await run("ip", "address", "add", `${this.address}/24`, "dev", this.name);
    await run("ip", "link", "set", this.name, "up");
    for (const [i, person] of people.entries()) {
      const place = {
        namespace: `${this.name}-${person}`,
        cable: `${this.name}v${i}`,
        address: `${this.subnet}.${10 + i}`,
      };
      this.#people.set(person, place);
      const { namespace, cable } = place;
      await run("ip", "netns", "add", namespace);
      const end = ["peer", "name", "eth0", "netns", namespace];
      await run("ip", "link", "add", cable, "type", "veth", ...end);
      await run("ip", "link", "set", cable, "master", this.name, "up");
      await run("ip", "-n", namespace, "link", "set", "lo", "up");
      await this.#plug(place);
    }
  }

  async #plug({ namespace, address }: Place): Promise<void> {
    await run("ip", "-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
    await run("ip", "-n", namespace, "link", "set", "eth0", "up");
  }

  #place(person: string): Place {
    const place = this.#people.get(person);
    if (place === undefined) throw new TypeError(`Nobody is called ${person}`);
    return place;
  }

  /** Where a person's packets come from. */
  addressOf(person: string): string {
    return this.#place(person).address;
  }

  /** A program that runs another one at a person's place. */
  async program(person: string, path: string): Promise<string> {
    const script = `${this.#scripts}/${person}`;
    const { namespace } = this.#place(person);
    await Deno.writeTextFile(script, `#!/bin/sh\nexec ip netns exec ${namespace} ${path} "$@"\n`, {
      mode: 0o755,
    });
    return script;
  }

  /** A person's old address is gone and another one is there, as after a change from one network to another. */
  async move(person: string): Promise<void> {
    const place = this.#place(person);
    await run("ip", "-n", place.namespace, "address", "flush", "dev", "eth0");
    place.address = `${this.subnet}.${100 + Number(place.address.split(".")[3])}`;
    await this.#plug(place);
  }

  /** Takes a person's cable out; their address stays. */
  async unplug(person: string): Promise<void> {
    await run("ip", "link", "set", this.#place(person).cable, "down");
  }

  async plug(person: string): Promise<void> {
    await run("ip", "link", "set", this.#place(person).cable, "up");
  }

  /** From now on a person's datagrams get lost without a word, as behind many a firewall; TCP goes on. */
  async blockUdp(person: string): Promise<void> {
    const { namespace } = this.#place(person);
    const nobody = `${this.subnet}.254`;
    const nowhere = ["lladdr", "02:00:00:00:00:fe", "dev", "eth0", "nud", "permanent"];
    await run("ip", "-n", namespace, "neigh", "replace", nobody, ...nowhere);
    await run("ip", "-n", namespace, "route", "replace", "default", "via", nobody, "table", "99");
    await run("ip", "-n", namespace, "rule", "add", "ipproto", "udp", "pref", "99", "lookup", "99");
  }

  async close(): Promise<void> {
    for (const { namespace, cable } of this.#people.values()) {
      await run("ip", "link", "delete", cable).catch(() => {});
      await run("ip", "netns", "delete", namespace).catch(() => {});
    }
    await run("ip", "link", "delete", this.name).catch(() => {});
    if (this.#scripts !== undefined) await Deno.remove(this.#scripts, { recursive: true });
  }
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output()
    .catch(() => {
      throw new Error(`${command} is missing: install iproute2`);
    });
  if (!success) {
    const words = new TextDecoder().decode(stderr).trim();
    throw new Error(`${command} ${args.join(" ")}: ${words}`);
  }
  return new TextDecoder().decode(stdout);
}
