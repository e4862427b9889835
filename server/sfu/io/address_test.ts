import { expect } from "@std/expect";
import { formatAddress, parseAddress } from "./address.ts";

Deno.test("addresses keep their usual spelling through bytes and back", () => {
  for (
    const address of ["127.0.0.1", "255.255.255.255", "::1", "::", "2001:db8::1", "fe80::1:2:3:4"]
  ) {
    const bytes = parseAddress(address)!;
    expect(bytes.length).toBe(16);
    expect(formatAddress(bytes)).toEqual({ address, family: address.includes(":") ? 6 : 4 });
  }
});

Deno.test("every spelling of an address means the same bytes", () => {
  expect(parseAddress("2001:DB8:0:0:0:0:0:1")).toEqual(parseAddress("2001:db8::1"));
  expect(parseAddress("::ffff:192.0.2.7")).toEqual(parseAddress("192.0.2.7"));
  expect(parseAddress("1:2:3:4:5:6:7:8")).toEqual(
    new Uint8Array([0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
  );
  expect(parseAddress("1:2::")).toEqual(new Uint8Array([0, 1, 0, 2, ...new Array(12).fill(0)]));
});

Deno.test("what is no literal address is refused", () => {
  for (
    const text of [
      "",
      "localhost",
      "256.0.0.1",
      "1.2.3",
      "1.2.3.4.5",
      "fe80::1%eth0",
      ":::",
      "1::2::3",
      "::1]/x",
      "0x7f.1",
      "12345::",
    ]
  ) expect(parseAddress(text)).toBeUndefined();
});
