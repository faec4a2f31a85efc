// Named reasons to doubt a measurement, in one place.

/** What each flag means to a person, and whether figures that carry it must not be used. */
const flags = {
  "unsteady": { invalidates: false, meaning: "the times had not settled when the warm-up had to end" },
  "coarse-clock": {
    invalidates: false,
    meaning: "the clock is coarse, so each sample is the mean of several inferences",
  },
  "hidden-page": {
    invalidates: true,
    meaning: "the page was not in front all the time, and browsers slow hidden pages",
  },
  "software-adapter": { invalidates: true, meaning: "the GPU is emulated on the CPU" },
  "output-not-finite": { invalidates: true, meaning: "the network's output held NaN or infinity" },
  "output-differs": { invalidates: true, meaning: "the network's output differs from this machine's" },
} as const satisfies Record<string, { invalidates: boolean; meaning: string }>;

/** The name of a reason to doubt a measurement. */
export type FlagName = keyof typeof flags;

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
