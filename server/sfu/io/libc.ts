/**
 * The socket calls of Linux's C library by FFI, with the constants and layouts that they share on x86-64 and
 * aarch64: both are little-endian LP64, and the kernel's generic numbers hold on both.
 */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const F_GETFD = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
/** Beyond net.core.*mem_max, for a process that may (CAP_NET_ADMIN). */
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;
/** A `struct linger`: on and seconds, 32 bits each. */
export const SO_LINGER = 13;
/** A `struct timeval`: seconds and microseconds, 64 bits each. */
export const SO_RCVTIMEO = 20;
export const IPPROTO_TCP = 6;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const MSG_DONTWAIT = 0x40;
/** Waits for the first datagram alone (`recvmmsg`). */
export const MSG_WAITFORONE = 0x10000;
export const MSG_TRUNC = 0x20;
export const POLLIN = 1;
export const SHUT_RDWR = 2;

export const EIO = 5;
export const EAGAIN = 11;
export const EINVAL = 22;
export const EMSGSIZE = 90;

const ERRNO_NAMES = new Map([
  [1, "EPERM"],
  [13, "EACCES: ports below 1024 need a privilege"],
  [24, "EMFILE: too many open files"],
  [97, "EAFNOSUPPORT: the kernel has no IPv6"],
  [98, "EADDRINUSE: the port is taken"],
  [99, "EADDRNOTAVAIL: the address isn't one of this machine"],
]);

/** A call of the operating system that failed where that ends things. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  constructor(call: string, readonly errno: number) {
    super(`${call} failed: ${ERRNO_NAMES.get(errno) ?? `errno ${errno}`}`);
  }
}

/** `struct sockaddr_in6`: family 0, port 2 (network order), address 8, scope 24. */
export const NAME_BYTES = 28;
export const NAME_PORT = 2;
export const NAME_ADDRESS = 8;
export const NAME_SCOPE = 24;

/** The option for `struct tcp_info`, as far as it is read: ms since data came 52, bytes received (64 bits) 128. */
export const TCP_INFO = 11;
export const TCP_INFO_BYTES = 136;
export const TCP_INFO_LAST_RECEIVED = 52;
export const TCP_INFO_RECEIVED = 128;

/** `struct mmsghdr`: a `msghdr` of 56 bytes, then the length that was sent or received. */
export const HEADER_BYTES = 64;
export const HEADER_NAME = 0;
export const HEADER_NAME_BYTES = 8;
export const HEADER_VECTORS = 16;
export const HEADER_VECTOR_COUNT = 24;
export const HEADER_CONTROL = 32;
export const HEADER_CONTROL_BYTES = 40;
export const HEADER_FLAGS = 48;
export const HEADER_LENGTH = 56;

/** `struct iovec`: base 0, length 8. */
export const VECTOR_BYTES = 16;
export const VECTOR_LENGTH = 8;

/** `struct cmsghdr` with a 16-bit value: length 0, level 8, type 12, value 16; padded to 24. */
export const CONTROL_BYTES = 24;
export const CONTROL_LEVEL = 8;
export const CONTROL_TYPE = 12;
export const CONTROL_VALUE = 16;
export const CONTROL_LENGTH_OF_U16 = 18n;

/** `struct pollfd`: fd 0, events 4, revents 6. */
export const POLL_BYTES = 8;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  /** For commands without a third argument. */
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  recvmmsg: { parameters: ["i32", "buffer", "u32", "i32", "pointer"], result: "i32" },
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  usleep: { parameters: ["u32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  pollAside: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  __errno_location: { parameters: [], result: "pointer" },
} as const satisfies Deno.ForeignLibraryInterface;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Where distributions keep C's library: with FFI for named files only, Deno takes no bare name. */
export const LIBC_PATHS: readonly string[] = [
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

let loaded: Libc | undefined;

export function libc(): Libc {
  loaded ??= open();
  return loaded;
}

function open(): Libc {
  const faults: unknown[] = [];
  for (const name of ["libc.so.6", ...LIBC_PATHS]) {
    try {
      return Deno.dlopen(name, SYMBOLS).symbols;
    } catch (error) {
      faults.push(error);
    }
  }
  throw new AggregateError(faults, "C's library could not be opened");
}

/** Why the last call failed. The engine runs between two calls, so this decides nothing that must be right. */
export function errno(): number {
  const location = libc().__errno_location();
  return location === null ? 0 : new Deno.UnsafePointerView(location).getInt32();
}
