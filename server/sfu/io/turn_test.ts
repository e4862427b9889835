import { expect } from "@std/expect";
import { turnServer } from "./turn.ts";

Deno.test("credentials name their own end, and are signed with the relay's secret", () => {
  const urls = ["turn:turn.example.org:3478"];
  const server = turnServer({ urls, secret: "north" }, "t-1", 1_767_096_000_000);
  // printf 1767139200:t-1 | openssl dgst -sha1 -hmac north -binary | base64
  expect(server).toEqual({
    urls,
    username: "1767139200:t-1",
    credential: "UZ2dnROEjzaadYduYS1n7WymGwI=",
  });
});
