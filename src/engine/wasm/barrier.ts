// A barrier of threads on shared memory, and the call that starts them.

// Fields of the control array.
const arrived = 0;
const generation = 1;
/** Counts the passes that were started. */
export const passField = 2;
/** Which pass: an index into the team's passes. */
export const kindField = 3;
const stopped = 4;
/** Length of the control array, all zero at first. */
export const controlFields = 5;

// About 20 us: longer than most waits, far shorter than a sleep and a wake.
const spins = 4000;
const sliceMs = 1000;

/** The team is at its end: one of its threads failed or did not answer, or it was disposed of. */
export class TeamStopped extends Error {
  override name = "TeamStopped";
}

/** Ends the team: every thread that waits, or comes to wait, throws a {@linkcode TeamStopped}. */
export function stopTeam(control: Int32Array): void {
  Atomics.store(control, stopped, 1);
  for (const field of [generation, passField]) Atomics.notify(control, field);
}

/**
 * Waits until `control[field]` is no longer `value`. Throws a TeamStopped where the team has ended, or after `seconds`, which
 * are counted by waits, so that a process that was paused for an hour has waited for one second.
 */
export function waitWhile(control: Int32Array, field: number, value: number, seconds: number): void {
  for (let spin = 0; spin < spins; spin++) if (Atomics.load(control, field) !== value) return;
  for (let waits = 0; Atomics.load(control, field) === value; waits++) {
    if (Atomics.load(control, stopped) !== 0) throw new TeamStopped("a thread of the wasm engine has failed");
    if (waits >= seconds) {
      stopTeam(control);
      throw new TeamStopped(`a thread of the wasm engine did not answer within ${seconds} s`);
    }
    Atomics.wait(control, field, value, sliceMs);
  }
}

/** A barrier for `parts` threads over `control`, at which this one waits for the others at most `seconds`. */
export function createBarrier(control: Int32Array, parts: number, seconds: number): () => void {
  if (parts === 1) return () => {};
  return () => {
    const current = Atomics.load(control, generation);
    if (Atomics.add(control, arrived, 1) === parts - 1) {
      Atomics.store(control, arrived, 0);
      Atomics.add(control, generation, 1);
      Atomics.notify(control, generation);
    } else {
      waitWhile(control, generation, current, seconds);
    }
  };
}
