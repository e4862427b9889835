/**
 * Turns this process into another program, by `execve` of Linux's C library.
 *
 * The process id stays, and with it the terminal, the pipes, and whoever supervises: signals and the exit code need
 * nobody in between to pass them on, and nothing is left over when this process is killed.
 */

/** Doesn't come back, or throws. The environment is handed on. */
export function become(program: string, args: readonly string[]): never {
  const libc = Deno.dlopen("libc.so.6", {
    execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  });
  const environment = Object.entries(Deno.env.toObject()).map(([name, value]) =>
    `${name}=${value}`
  );
  const [argv, envp] = [vectorOf([program, ...args]), vectorOf(environment)];
  libc.symbols.execve(cString(program), argv.pointers, envp.pointers);
  libc.close();
  throw new Error(`${program} can't be run`);
}

/** A NULL-terminated array of C strings. The strings are held beside it, so that they live as long. */
function vectorOf(values: readonly string[]) {
  const strings = values.map(cString);
  const pointers = new BigUint64Array(strings.length + 1);
  strings.forEach((string, index) => {
    pointers[index] = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(string)));
  });
  return { pointers, strings };
}

function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}
