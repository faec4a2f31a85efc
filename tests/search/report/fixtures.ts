// Fixtures: made-up trials with plausible values from a seed, to test what draws them. Nothing here was measured.
import type { Trial } from "../../../src/schemas/trial.ts";
import type { ReportData, ReportDevice } from "../../../search/report/report_data.ts";
import type { ReportedTeacher } from "../../../search/reported_teachers.ts";
import type { ControllerUpdate } from "../../../search/store/run_store.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { madeUpMeasurement } from "../measurements.ts";

const SPACE = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });
const TOKENS = SPACE.decisions.map(() => 0);
const ARCHITECTURE = SPACE.decode(TOKENS);

/** Numbers from 0 to 1 that follow from `seed` (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A completed trial; `overrides` win. Its latency is measured on the device "here". */
export function fixtureTrial(overrides: Partial<Trial> & { number: number }): Trial {
  const latencyMs = overrides.latencyMs ?? 1.5;
  const accuracy = overrides.accuracy ?? 0.7;
  return {
    role: "search",
    batch: 0,
    tokens: TOKENS,
    architecture: ARCHITECTURE,
    architectureHash: `fixture ${overrides.number}`,
    parameters: 16_586,
    multiplyAdds: 1_040_000,
    memoryBytes: 98_000,
    downloadBytes: 64_000,
    seed: overrides.number,
    state: "completed",
    accuracy,
    measurements: [madeUpMeasurement("here", latencyMs)],
    latencyMs,
    reward: accuracy,
    steps: 400,
    trainSeconds: 20,
    backend: "wasm",
    completedAt: "2026-01-02T03:05:05Z",
    ...overrides,
  };
}

/** A baseline with a name of its own, a little worse than a student of its latency. */
export function fixtureBaseline(number: number, label: string, latencyMs: number, accuracy: number): Trial {
  return fixtureTrial({ number, role: "baseline", batch: -1, label, latencyMs, accuracy });
}

/**
 * `count` completed search trials whose latency follows multiply-adds and whose accuracy grows with both. Their choices
 * begin at random and settle on the middle ones.
 */
export function fixtureTrials(count: number, seed: number, targetMs = 2): Trial[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const size = random();
    const multiplyAdds = Math.round(400_000 + size * 3_200_000);
    const latencyMs = 0.5 + size * 2.4 + random() * 0.5;
    const accuracy = 0.58 + 0.16 * Math.sqrt(size) + 0.05 * random() * (0.4 + i / count);
    const tokens = SPACE.decisions.map(({ choices }) =>
      Math.floor(random() < 0.8 * i / count ? choices.length / 2 : random() * choices.length)
    );
    return fixtureTrial({
      number: i + 1,
      tokens,
      architecture: SPACE.decode(tokens),
      memoryBytes: Math.round(60_000 + size * 200_000),
      downloadBytes: Math.round(16_000 + size * 240_000),
      batch: Math.floor(i / 4),
      multiplyAdds,
      parameters: Math.round(4_000 + size * 60_000),
      latencyMs,
      accuracy,
      reward: latencyMs <= targetMs ? accuracy : accuracy * targetMs / latencyMs,
    });
  });
}

/** What a policy that learns would say of itself after each of `batches`. */
export function fixtureUpdates(batches: number): ControllerUpdate[] {
  return Array.from({ length: batches }, (_, batch) => ({
    batch,
    statistics: {
      meanReward: 0.6 + 0.1 * batch / batches,
      entropy: 1.05 - 0.6 * batch / batches,
      divergence: 0.01 + 0.004 * Math.sin(batch),
      clipFraction: 0.12 + 0.03 * Math.cos(batch),
      explainedVariance: 0.6 * batch / batches,
    },
  }));
}

/** A teacher twice as wide as the reference network; `overrides` win. */
export function fixtureTeacher(overrides: Partial<ReportedTeacher> = {}): ReportedTeacher {
  return {
    name: "reference x2.0",
    hash: "fixture teacher",
    accuracy: 0.884,
    testAccuracy: 0.879,
    parameters: 411_000,
    multiplyAdds: 21_300_000,
    ...overrides,
  };
}

/** This machine, with a target of 2 ms that was given; `overrides` win. */
export function fixtureDevice(overrides: Partial<ReportDevice> = {}): ReportDevice {
  return {
    name: "here",
    description: "a made-up processor",
    targetMs: 2,
    targetGiven: true,
    weight: 1,
    runtime: "tfjs-wasm",
    left: null,
    ...overrides,
  };
}

/** The report of a run that has just begun: no trial, nothing failed; `overrides` win. */
export function fixtureReport(overrides: Partial<ReportData> = {}): ReportData {
  return {
    run: "fixture-run",
    createdAt: "2026-01-02T03:14:05Z",
    startedAt: "2026-01-02T03:04:05Z",
    seconds: 512,
    state: "complete",
    plannedTrials: overrides.trials?.filter(({ role }) => role === "search").length ?? 0,
    configuration: [["preset", "quick"], ["controller", "ppo"], ["reward", "hard"], ["seed", "1"]],
    machine: "made-up processor, 2 cores, Linux",
    dataset: "Fashion-MNIST: 50,000 training, 10,000 validation, 10,000 test images",
    dataHash: "fixture data",
    split: { dataSeed: 0, validationImages: 2000 },
    teachers: [fixtureTeacher()],
    devices: [fixtureDevice()],
    reward: { form: "hard", combine: "worst", isAccuracyAlone: false },
    limits: {},
    space: { name: SPACE.name, decisions: SPACE.decisions },
    controller: "ppo",
    updates: [],
    trials: [],
    final: [],
    sampled: [],
    failedFinals: [],
    ...overrides,
  };
}

/** A whole run: 24 trials of which one failed and two are infeasible, three baselines, three finals. */
export function fixtureWholeRun(): ReportData {
  const trials = fixtureTrials(24, 7);
  trials[4] = { ...trials[4], state: "failed", reason: "NaN loss at step 120", accuracy: undefined, reward: undefined };
  for (const index of [9, 15]) {
    const reason = "latency 2.9 ms is over the limit of 2.5 ms";
    trials[index] = { ...trials[index], state: "infeasible", reason, accuracy: undefined, reward: undefined };
  }
  const baselines = [
    fixtureBaseline(1, "reference x0.35", 0.7, 0.602),
    fixtureBaseline(2, "reference x0.5", 1.15, 0.665),
    fixtureBaseline(3, "reference x1.0", 2, 0.712),
  ];
  const best = trials.filter(({ reward }) => reward !== undefined)
    .sort((a, b) => (b.reward ?? 0) - (a.reward ?? 0)).slice(0, 3);
  const final = best.map((trial) => ({
    trial: trial.number,
    role: trial.role,
    accuracy: (trial.accuracy ?? 0) + 0.08,
    testAccuracy: (trial.accuracy ?? 0) + 0.075,
    steps: 2_000,
    trainSeconds: 90,
    weights: `weights/final-${trial.number}.bin`,
  }));
  return fixtureReport({ trials: [...trials, ...baselines], updates: fixtureUpdates(6), final, plannedTrials: 24 });
}
