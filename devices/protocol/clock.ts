// How fine a clock is. Browsers round theirs: Chromium to 5 us when isolated and 100 us when not, Firefox and Safari to
// 20 us and 1 ms, Firefox that resists fingerprinting to 100 ms.

/** Coarser clocks are refused: a sample of 50 ticks would take longer than a second. */
export const coarsestTickMs = 20;

const stepsWatched = 16;
const enoughMs = 300;
/** A few seconds of reading a clock that stands still. */
const mostReads = 30_000_000;

/** The shortest step that `clock` makes, in milliseconds; Infinity if it stands still. Takes 0.4 s at most where it ticks. */
export function measureClockTick(clock: () => number): number {
  let reads = 0;
  function nextTick(fromMs: number): number {
    let nowMs = fromMs;
    while (nowMs === fromMs && reads++ < mostReads) nowMs = clock();
    return nowMs;
  }
  // The first step begins anywhere between two ticks, so it only finds one of them.
  const startMs = nextTick(clock());
  let tickMs = Infinity;
  let tickAtMs = startMs;
  for (let step = 0; step < stepsWatched && reads < mostReads; step++) {
    const nowMs = nextTick(tickAtMs);
    if (nowMs > tickAtMs) tickMs = Math.min(tickMs, nowMs - tickAtMs);
    tickAtMs = nowMs;
    if (nowMs - startMs >= enoughMs) break;
  }
  return tickMs;
}

/** The shortest step of `clock`, in milliseconds. Error if it is too coarse to time networks with. */
export function requireFineClock(clock: () => number): number {
  const tickMs = measureClockTick(clock);
  if (tickMs > coarsestTickMs) {
    const steps = Number.isFinite(tickMs) ? `ticks every ${Math.round(tickMs)} ms` : "stands still";
    throw new Error(`The clock ${steps}; timing needs ${coarsestTickMs} ms or finer`);
  }
  return tickMs;
}
