import { type LoadReport, PROTOCOL } from "../../src/schemas/measurement.ts";

/** Seeds of requests by which a test tells load_child.ts what to do. */
export const orders = { measure: 1, die: 2, dieOnce: 3, hang: 4, fail: 5, lie: 6 };

export const rounds = [[1, 2, 3], [1.5, 2.5, 3.5], [1, 2, 3]];

const timed = {
  outcome: "timed" as const,
  cold: { downloadMs: 0, buildMs: 1, firstInferenceMs: 2 },
  outputs: [0.5],
  runsPerSample: 1,
};

/** A report that fits `rounds`. */
export const loadReport: LoadReport = {
  protocol: PROTOCOL,
  backend: "none",
  environment: {
    userAgent: "test",
    crossOriginIsolated: true,
    clockTickMs: 0.001,
    wakeLock: "absent",
    settings: {},
  },
  networks: [timed, timed, timed],
  warmUp: { ms: 3000, runs: 100, steady: true },
  pauses: [],
  rounds: rounds.length,
  flags: [],
};
