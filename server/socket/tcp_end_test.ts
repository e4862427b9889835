import { expect } from "@std/expect";
import { TcpEnd } from "./tcp_end.ts";

Deno.test("TcpEnd counts from the socket's beginning, not from the connection's", () => {
  let received: number | null = 10_000;
  const table = { receivedBytes: () => received, end: () => false };
  const end = new TcpEnd({ peer: { hostname: "192.0.2.1", port: 5000 }, table });
  received = 10_500;
  expect(end.receivedBytes).toBe(500);
});

Deno.test("TcpEnd asks for its peer by the name that the kernel's answers have", () => {
  const asked: string[] = [];
  const table = {
    receivedBytes: (peer: string) => {
      asked.push(peer);
      return 0;
    },
    end: () => true,
  };
  for (const hostname of ["192.0.2.1", "::ffff:192.0.2.1", "2001:DB8:0:0::1", "fe80::1%eth0"]) {
    new TcpEnd({ peer: { hostname, port: 5000 }, table });
  }
  expect(asked).toEqual([
    "192.0.2.1:5000",
    "192.0.2.1:5000",
    "2001:db8::1:5000",
    "fe80::1:5000",
  ]);
});
