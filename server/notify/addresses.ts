/**
 * Which IP addresses belong to the public internet, so that nobody can have us call into our own network (SSRF).
 *
 * What isn't known to be public isn't: IPv6 is global unicast only, without the ranges that carry IPv4 inside.
 */
import { BlockList, isIP } from "node:net";

/** IANA IPv4 Special-Purpose Address Registry, and multicast. */
const SPECIAL_V4: readonly [string, number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** Inside 2000::/3: protocol assignments and Teredo, documentation, 6to4, documentation. */
const SPECIAL_V6: readonly [string, number][] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const special = new BlockList();
for (const [network, bits] of SPECIAL_V4) special.addSubnet(network, bits, "ipv4");
for (const [network, bits] of SPECIAL_V6) special.addSubnet(network, bits, "ipv6");

const globalUnicast = new BlockList();
globalUnicast.addSubnet("2000::", 3, "ipv6");

/** False for anything that isn't an IP address, too. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, "");
  switch (isIP(bare)) {
    case 4:
      return !special.check(bare, "ipv4");
    case 6:
      return !bare.includes("%") && globalUnicast.check(bare, "ipv6") &&
        !special.check(bare, "ipv6");
    default:
      return false;
  }
}
