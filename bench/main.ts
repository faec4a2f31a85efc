// `deno task bench NAME [options]`: without a name the list, `NAME --help` for its options.
import { parseOptions } from "../src/cli/options.ts";
import { suggest } from "../src/cli/suggest.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import type { Bench } from "./bench.ts";
import { bench as claims } from "./claims.ts";
import { bench as controllers } from "./controllers.ts";
import { bench as deviceServer } from "./device_server.ts";
import { bench as distillation } from "./distillation.ts";
import { bench as distillationTasks } from "./distillation_tasks.ts";
import { bench as kernels } from "./kernels.ts";
import { bench as linearTheory } from "./linear_theory.ts";
import { bench as measurement } from "./measurement.ts";
import { bench as predictor } from "./predictor.ts";
import { saveResult } from "./results.ts";
import { bench as trainStep } from "./train_step.ts";
import { bench as trials } from "./trials.ts";

/** Every benchmark: a new one is one file and one row. Each is called with what its own schema has parsed. */
export const benches: Readonly<Record<string, Bench>> = Object.fromEntries(
  [
    claims,
    controllers,
    deviceServer,
    distillation,
    distillationTasks,
    kernels,
    linearTheory,
    measurement,
    predictor,
    trainStep,
    trials,
  ].map((bench) => [bench.name, bench as unknown as Bench]),
);

/** Where things are kept, what is shown, and what is measured anew: say nothing of what a result is. */
const withoutEffect: readonly string[] = ["save", "json", "folder", "dataDir", "fresh"];

/** What of `options` a result depends on: with it in a file of `--config` the benchmark can be run again. */
export function configOf(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !withoutEffect.includes(name)));
}

/** Lists of rows as tables, the rest as it is. */
function show(result: object): void {
  for (const [name, value] of Object.entries(result)) {
    if (Array.isArray(value)) {
      if (value.length > 0) console.table(value);
    } else console.log(`${name}:`, value);
  }
}

/** Runs the benchmark that `args` names; throws a UsageError where they are wrong. */
export async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help") {
    for (const { name, summary } of Object.values(benches)) console.log(`${name.padEnd(20)}${summary}`);
    return;
  }
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (!bench) {
    const names = Object.keys(benches);
    throw new UsageError(`unknown benchmark "${name}"; allowed: ${names.join(", ")}${suggest(name, names)}`);
  }
  const command = { name: `bench ${name}`, summary: bench.summary };
  const options = parseOptions(bench.options, rest, { command, resultHoldsConfig: true });
  if (options === null) return;
  const measured = await bench.run(options);
  const result = { bench: name, date: new Date().toISOString(), config: configOf(options), ...measured };
  if (options.save) console.error(`saved ${saveResult(bench.resultName?.(options) ?? name, result)}`);
  if (options.json) console.log(JSON.stringify(result));
  else show({ date: result.date, ...measured });
}

if (import.meta.main) {
  try {
    await main(Deno.args);
    Deno.exit(0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
