/**
 * IP addresses between text and the 16 bytes of an IPv6 address, in which IPv4 is mapped (RFC 4291 §2.5.5.2).
 */

export const ADDRESS_BYTES = 16;
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The 16 bytes of a literal address; undefined when it isn't one. Zones (`%eth0`) aren't taken. */
export function parseAddress(text: string): Uint8Array | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return new Uint8Array([...MAPPED_PREFIX, ...v4]);
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(":")) return undefined;
  // The URL parser knows every spelling and answers one: at most one "::", no dots.
  const hostname = URL.parse(`http://[${text}]/`)?.hostname;
  if (hostname === undefined) return undefined;
  const [head, tail] = hostname.slice(1, -1).split("::").map((side) =>
    side === "" ? [] : side.split(":").map((group) => parseInt(group, 16))
  );
  const groups = [...head!];
  if (tail !== undefined) {
    groups.push(...new Array(8 - head!.length - tail.length).fill(0), ...tail);
  }
  return new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The usual spelling of 16 bytes, and the family that the peer speaks. */
export function formatAddress(bytes: Uint8Array): { address: string; family: 4 | 6 } {
  if (MAPPED_PREFIX.every((byte, i) => bytes[i] === byte)) {
    return { address: bytes.subarray(12, ADDRESS_BYTES).join("."), family: 4 };
  }
  const groups: string[] = [];
  for (let i = 0; i < ADDRESS_BYTES; i += 2) {
    groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  }
  return { address: new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1), family: 6 };
}

function parseV4(text: string): number[] | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  return parts.every((part) => part <= 255) ? parts : undefined;
}
