/**
 * What redundant audio (RED, RFC 2198) needs in the descriptions that mediasoup-client makes, which knows nothing of it.
 * Pure text.
 *
 * Browsers send redundantly where RED stands before Opus in the answer, and again plainly where it doesn't.
 */

interface Format {
  payloadType: number;
  /** Its lines, as they stand in the description. */
  lines: string[];
}

/** The redundant format that the browser offers for a section, if the blocks in it are the section's Opus. */
export function offeredRedundancy(sdp: string, mid: string): number | undefined {
  return redundantFormat(sectionsOf(sdp).find((section) => midOf(section) === mid))?.payloadType;
}

/** The answer with RED before everything else in the sections of these mids whose offer had it. */
export function preferRedundancy(answer: string, offer: string, mids: ReadonlySet<string>): string {
  const offered = sectionsOf(offer);
  return joined(
    sectionsOf(answer).map((section) => {
      const mid = midOf(section);
      if (mid === undefined || !mids.has(mid) || redundantFormat(section) !== undefined) {
        return section;
      }
      const format = redundantFormat(offered.find((own) => midOf(own) === mid));
      const [first = "", ...rest] = section;
      // A section that was closed has no formats.
      if (format === undefined || !rest.some((line) => line.startsWith("a=rtpmap:"))) {
        return section;
      }
      const [kind, port, protocol, ...payloadTypes] = first.split(" ");
      return [
        [kind, port, protocol, format.payloadType, ...payloadTypes].join(" "),
        ...rest,
        ...format.lines,
      ];
    }),
  );
}

/** The offer with what RED's blocks are (RFC 2198 §5), which mediasoup-client can't write. */
export function completeRedundancy(offer: string): string {
  return joined(
    sectionsOf(offer).map((section) => {
      const red = payloadTypeOf(section, "red");
      const opus = payloadTypeOf(section, "opus");
      if (red === undefined || opus === undefined) return section;
      if (section.some((line) => line.startsWith(`a=fmtp:${red} `))) return section;
      return [...section, `a=fmtp:${red} ${opus}/${opus}`];
    }),
  );
}

/** The lines of the session, and those of each media section. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/\r?\n/)) {
    if (line === "") continue;
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)!.push(line);
  }
  return sections;
}

const joined = (sections: readonly string[][]) => `${sections.flat().join("\r\n")}\r\n`;

function midOf(section: readonly string[]): string | undefined {
  return section.find((line) => line.startsWith("a=mid:"))?.slice("a=mid:".length);
}

function payloadTypeOf(section: readonly string[], codec: "red" | "opus"): number | undefined {
  for (const line of section) {
    const [, payloadType] = new RegExp(`^a=rtpmap:(\\d+) ${codec}/48000/2$`, "i").exec(line) ?? [];
    if (payloadType !== undefined) return Number(payloadType);
  }
  return undefined;
}

function redundantFormat(section: readonly string[] = []): Format | undefined {
  const payloadType = payloadTypeOf(section, "red");
  const opus = payloadTypeOf(section, "opus");
  if (payloadType === undefined || opus === undefined) return undefined;
  const blocks = section.find((line) => line.startsWith(`a=fmtp:${payloadType} ${opus}/${opus}`));
  const map = section.find((line) => line.startsWith(`a=rtpmap:${payloadType} `));
  return blocks === undefined || map === undefined
    ? undefined
    : { payloadType, lines: [map, blocks] };
}
