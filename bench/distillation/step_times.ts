/**
 * Milliseconds per step out of the times at which steps ended: the mean of the middle eight tenths of the intervals between
 * them, so that the start, a pause between two trainings and a stolen moment do not count. RangeError on under 12 times.
 */
export function meanStepMs(times: readonly number[]): number {
  if (times.length < 12) throw new RangeError(`a step's time takes 12 steps or more, got ${times.length}`);
  const intervals = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  const cut = Math.floor(intervals.length / 10);
  const kept = intervals.slice(cut, intervals.length - cut);
  return kept.reduce((sum, interval) => sum + interval, 0) / kept.length;
}
