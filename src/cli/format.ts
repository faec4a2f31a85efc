// Numbers as people read them, the same in the report and in the terminal.

/** A share from 0 to 1 as a percentage with one decimal, "73.1 %". */
export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A latency in milliseconds with three significant digits and no unit: "0.812", "1.83", "183". */
export function formatMilliseconds(latencyMs: number): string {
  if (latencyMs >= 100) return latencyMs.toFixed(0);
  if (latencyMs >= 10) return latencyMs.toFixed(1);
  return latencyMs.toFixed(latencyMs >= 1 ? 2 : 3);
}

/** A count with three significant digits: "950", "16.6 k", "4.38 M", "1.02 G". */
export function formatCount(count: number): string {
  let scaled = count;
  for (const unit of ["", " k", " M"]) {
    // 999.5 and above would round to four digits.
    if (scaled < 999.5) return `${unit ? formatThreeDigits(scaled) : scaled.toFixed(0)}${unit}`;
    scaled /= 1000;
  }
  return `${formatThreeDigits(scaled)} G`;
}

function formatThreeDigits(value: number): string {
  return value.toFixed(value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
}

/** A duration with at most two units: "8 s", "3 min 12 s", "2 h 5 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A noun with its number: "1 trial", "4 trials", "no trials" for 0. */
export function formatNumberOf(count: number, noun: string): string {
  return `${count === 0 ? "no" : count} ${noun}${count === 1 ? "" : "s"}`;
}
