// A barrier of threads on shared memory, and the call that starts them.

// Fields of the control array.
const arrived = 0;
const generation = 1;
/** Counts the passes that were started. */
export const passField = 2;
/** Which pass: an index into the team's passes, or -1 to end. */
export const kindField = 3;
/** Length of the control array. */
export const controlFields = 4;

// About 20 us: longer than most waits, far shorter than a sleep and a wake.
const spins = 4000;
// A thread that is waited for may be off its core for long, but not for ever.
const deadlineMs = 60_000;

/** Waits until `control[field]` is no longer `value`. Throws an Error after a minute. */
export function waitWhile(control: Int32Array, field: number, value: number, timeoutMs = deadlineMs): void {
  for (let spin = 0; spin < spins; spin++) if (Atomics.load(control, field) !== value) return;
  while (Atomics.load(control, field) === value) {
    if (Atomics.wait(control, field, value, timeoutMs) === "timed-out") {
      throw new Error(`a thread of the wasm engine did not answer within ${timeoutMs / 1000} s`);
    }
  }
}

/** A barrier for `parts` threads over `control`. */
export function createBarrier(control: Int32Array, parts: number): () => void {
  if (parts === 1) return () => {};
  return () => {
    const current = Atomics.load(control, generation);
    if (Atomics.add(control, arrived, 1) === parts - 1) {
      Atomics.store(control, arrived, 0);
      Atomics.add(control, generation, 1);
      Atomics.notify(control, generation);
    } else {
      waitWhile(control, generation, current);
    }
  };
}
