// What the search is compared with: the reference network at several widths, as MobileNetV2 is scaled.
import { hashSeed } from "../src/data/random.ts";
import type { SearchSpace } from "../src/spaces/space.ts";
import { pendingTrial } from "./pending_trial.ts";
import { type RunnerDependencies, TrialRunner } from "./trial_runner.ts";
import type { RunContext } from "./run_context.ts";

/** Width multipliers of the reference network. */
export const baselineWidths = [0.5, 0.75, 1] as const;

/**
 * Width-scaled reference networks with the budget of a trial; no hard limit applies to them. Rejects as `TrialRunner.run`
 * does.
 */
export async function runBaselines(
  context: RunContext,
  dependencies: RunnerDependencies,
  space: SearchSpace,
): Promise<void> {
  const { config, store } = context;
  const stored = store.trials("baseline");
  const baselines = baselineWidths.map((width, index) => {
    const number = index + 1;
    const architecture = space.reference(width);
    const seed = hashSeed(config.seed, "baseline", number);
    const label = `reference x${width}`;
    return stored[index] ??
      pendingTrial({ number, role: "baseline", label, batch: -1, tokens: [], architecture, seed });
  });
  for (const baseline of baselines) if (baseline.state === "pending") store.saveTrial(baseline);
  // Read again: a reference network that was measured for the target is not measured twice.
  const runner = new TrialRunner({
    ...dependencies,
    brokenLimit: () => undefined,
    skipping: undefined,
  }, []);
  await runner.run(store.trials("baseline"));
}
