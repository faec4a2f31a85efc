// What of a file of options does not hold beside flags: options of what a flag replaces.
import { budgetSchema } from "./presets.ts";
import { isResultField } from "./run_config.ts";

/** Options that are of the value of another one. */
const dependents: Readonly<Record<string, readonly string[]>> = {
  controller: ["controllerOptions"],
  distiller: ["distillerOptions"],
  space: ["spaceOptions"],
  reward: ["absoluteWeight", "exponents"],
  preset: [...Object.keys(budgetSchema.shape), "controllerBatch"],
};

/**
 * Keys of a file of search options that do not hold where `flags` change what they are of: the options of a controller,
 * space, distiller or reward whose name in the file a flag replaces, the budget where one replaces the preset, and the
 * name of the run where any flag changes what its results depend on. So the file of a run serves with one thing changed.
 */
export function supersededOptions(
  flags: ReadonlyMap<string, unknown>,
  file: ReadonlyMap<string, unknown>,
): Set<string> {
  const changed = [...flags.keys()].filter((key) => JSON.stringify(flags.get(key)) !== JSON.stringify(file.get(key)));
  const superseded = changed.filter((key) => file.has(key)).flatMap((key) => dependents[key] ?? []);
  if (changed.some((key) => key === "preset" || isResultField(key))) superseded.push("run");
  return new Set(superseded);
}
