// Named reasons to doubt a measurement, in one place.

/** What each flag means to a person, and whether figures that carry it must not be used. */
const flags = {
  "hidden-page": {
    invalidates: true,
    meaning: "the page was not in front all the time, and browsers slow hidden pages",
  },
  "software-adapter": { invalidates: true, meaning: "the GPU is emulated on the CPU" },
  "output-not-finite": { invalidates: true, meaning: "the network's output held NaN or infinity" },
  "output-differs": { invalidates: true, meaning: "the network's output differs from this machine's" },
  "output-changed": {
    invalidates: true,
    meaning: "the network's output was another one after timing than before, for the same input",
  },
  "reference-differs": {
    invalidates: true,
    meaning: "a reference network's output is wrong on this device, so nothing that it computes can be trusted",
  },
  "throttled": {
    invalidates: true,
    meaning: "the device was over 15 % slower at times, and pauses to cool down did not help",
  },
  "implausible-time": {
    invalidates: true,
    meaning: "the times cannot be true: shorter than a tick of the clock, or longer in sum than the load took",
  },
  "too-few-rounds": { invalidates: true, meaning: "the load ended before there were enough samples to judge by" },
  "backend-changed": { invalidates: true, meaning: "the loads ran on different backends" },
  "short-load": {
    invalidates: false,
    meaning:
      "loads ended with fewer rounds or inferences than the profile asks for: networks timed beside it were slow",
  },
  "failed-load": {
    invalidates: false,
    meaning: "the network failed in some of the loads, and the figures are those of the others",
  },
  "unsteady": { invalidates: false, meaning: "the times had not settled when the warm-up had to end" },
  "coarse-clock": {
    invalidates: false,
    meaning: "each sample is the mean of many inferences, too short for this clock: p90 hides single slow ones",
  },
  "drifted": {
    invalidates: false,
    meaning: "the device was over 5 % slower or faster at times, which the reference networks correct",
  },
  "far-from-nominal": {
    invalidates: false,
    meaning:
      "the device was over 15 % slower or faster all along than when its scale was set, so the corrected latency " +
      "differs from the median; if it is so from now on, measure --renew-nominal sets the scale anew",
  },
  "wide-interval": {
    invalidates: false,
    meaning: "the interval is wider than the profile asks for: the device is busy, or its loads differ",
  },
  "wake-lock-refused": { invalidates: false, meaning: "the browser would not keep the screen awake" },
  "on-battery": { invalidates: false, meaning: "the device ran on its battery, which may slow it" },
  "not-isolated": {
    invalidates: false,
    meaning: "the page was not isolated from other sites, so its clock is coarse and it has one thread",
  },
} as const satisfies Record<string, { invalidates: boolean; meaning: string }>;

/** The name of a reason to doubt a measurement. */
export type FlagName = keyof typeof flags;

/** Flags that say nothing of the network, and may not come again: another load at once is worth its time. */
export const passingFlags: readonly FlagName[] = ["hidden-page"];

function isKnown(flag: string): flag is FlagName {
  return Object.hasOwn(flags, flag);
}

/** Whether figures with this flag must not be used; an unknown flag counts as such. */
export function invalidates(flag: string): boolean {
  return !isKnown(flag) || flags[flag].invalidates;
}

/** The flag in plain words. */
export function flagMeaning(flag: string): string {
  return isKnown(flag) ? flags[flag].meaning : flag;
}
