// Ctrl-C and its like, the same for every command.

/** What commands exit with. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 };

// One Ctrl-C reaches the program twice where a task runner passes it on; a later one means that it is meant.
const sameInterruptMs = 2000;

/** Aborts on SIGINT and SIGTERM; a second SIGINT after a while ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = () => {
    if (firstAt !== undefined && performance.now() - firstAt > sameInterruptMs) Deno.exit(exitCodes.interrupted);
    firstAt ??= performance.now();
    controller.abort(new Error("interrupted"));
  };
  Deno.addSignalListener("SIGINT", interrupt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", interrupt);
  return controller.signal;
}
