/** The recorder's thread for tests: it dies of an error that nothing catches, when it is told to. */
const CHANNEL = "lectern-test-recorder-dies";

/** Ends the threads of this process that run this module. */
export function dieInThread(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("die");
  channel.close();
}

if ("WorkerGlobalScope" in globalThis) {
  new BroadcastChannel(CHANNEL).onmessage = () => {
    queueMicrotask(() => {
      throw new Error("a fault in the recorder's thread");
    });
  };
  await import("../../../recorder/io/worker.ts");
}
