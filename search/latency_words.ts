// A student's latency in words: where a run has several devices the student's own latency is a mixture of theirs, and no
// time that any device took.
import { formatMilliseconds } from "../src/cli/format.ts";

/** What a device is called in sentences. */
export function deviceLabel(name: string): string {
  return name === "here" ? "this machine" : name;
}

/**
 * For instance "0.475 ms on this machine and 0.387 ms on chromium"; "0.475 ms", which is `latencyMs`, where `latenciesMs`
 * names no device.
 */
export function latencyWords(latencyMs: number, latenciesMs: Readonly<Record<string, number>>): string {
  const each = Object.entries(latenciesMs).map(([name, ms]) => `${formatMilliseconds(ms)} ms on ${deviceLabel(name)}`);
  return each.length > 0 ? each.join(" and ") : `${formatMilliseconds(latencyMs)} ms`;
}
