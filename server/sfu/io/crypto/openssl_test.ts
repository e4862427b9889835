import { expect } from "@std/expect";
import { Handle, open, openSsl, OpenSslMissing } from "./openssl.ts";

Deno.test("a missing library is refused with the package that brings it", () => {
  const attempt = () =>
    open("libssl.so.none", { SSL_new: { parameters: ["pointer"], result: "pointer" } });
  expect(attempt).toThrow(OpenSslMissing);
  expect(attempt).toThrow("libssl.so.none was not found");
  expect(attempt).toThrow("apt-get install libssl3");
});

Deno.test("a library without a needed function is refused likewise", () => {
  const attempt = () =>
    open("libcrypto.so.3", { EVP_no_such_thing: { parameters: [], result: "pointer" } });
  expect(attempt).toThrow(OpenSslMissing);
});

Deno.test("a native object is freed once, and using it afterwards throws", () => {
  const { crypto } = openSsl();
  let freed = 0;
  const handle = new Handle(crypto.BIO_new(crypto.BIO_s_mem()), (pointer) => {
    freed++;
    crypto.BIO_free(pointer);
  });
  expect(handle.pointer).toBeTruthy();
  handle.free();
  handle.free();
  expect(freed).toBe(1);
  expect(handle.freed).toBe(true);
  expect(() => handle.pointer).toThrow("used after it was freed");
});

Deno.test("an object that OpenSSL didn't make is refused", () => {
  expect(() => new Handle(null, () => {})).toThrow("OpenSSL made nothing");
});
