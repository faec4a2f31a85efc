// What of a file of options holds beside flags, so that the file of a run serves with one thing changed.
import { budgetSchema } from "./presets.ts";
import { type DeviceOption, formatDeviceOption, latencyAndRewardFields, parseDeviceOption } from "./reward_fields.ts";
import { isResultField } from "./run_config.ts";
import { teacherAdaptationFields } from "./teacher_fields.ts";

/** Options that are of the value of another one. */
const dependents: Readonly<Record<string, readonly string[]>> = {
  controller: ["controllerOptions"],
  distiller: ["distillerOptions", "teachers"],
  space: ["spaceOptions"],
  reward: ["absoluteWeight", "exponents"],
  foresee: ["latencyTable"],
  teacher: ["teachers", "teacherNetwork"],
  preset: [...Object.keys(budgetSchema.shape), "controllerBatch", "controllerOptions", "latencyTable"],
};

/** Options that only say what is done with the students once the search is over. */
const finalOptions: readonly string[] = ["finalTop", "finalSample", "finalTrainImages", "finalEpochs"];

type Values = ReadonlyMap<string, unknown>;

/** The devices of `values`; none where they are not given, or wrongly, which the schema refuses. */
function devicesOf(values: Values): DeviceOption[] {
  const device = latencyAndRewardFields.device.safeParse(values.get("device") ?? []);
  return device.success ? device.data.map(parseDeviceOption) : [];
}

/** Keys of `file` that do not hold beside `flags`. */
function supersededKeys(flags: Values, file: Values): Set<string> {
  const changed = [...flags.keys()].filter((key) => JSON.stringify(flags.get(key)) !== JSON.stringify(file.get(key)));
  const superseded = new Set(changed.filter((key) => file.has(key)).flatMap((key) => dependents[key] ?? []));
  if (changed.some((key) => key === "preset" || isResultField(key))) superseded.add("run");
  // With anything else that counts other students may follow, which the run that is replayed never timed.
  if (changed.some((key) => key === "preset" || (isResultField(key) && !finalOptions.includes(key)))) {
    superseded.add("replay");
  }
  const teacher = flags.get("teacher");
  if (Array.isArray(teacher) && teacher.every((name) => name === "auto")) {
    for (const key of Object.keys(teacherAdaptationFields)) superseded.add(key);
  }
  const devices = devicesOf(flags);
  if (devices.some(({ weight }) => weight !== undefined)) superseded.add("combine");
  if (devices.length > 0 && devices.every(({ targetMs }) => targetMs !== undefined)) superseded.add("targetMs");
  return superseded;
}

/**
 * What of a `file` of search options holds beside `flags`. What is of another option does not where a flag changes that:
 * the options of a controller, space, distiller, reward or teacher, or the numbers of a preset. The name of the run does
 * not where a flag changes what results depend on, nor does a run whose latencies are replayed where other students may
 * follow. Of the devices, targets give way to a flag for all of them, weights to a combination without. Pure; what is
 * wrong is left for the schema to refuse.
 */
export function withoutSuperseded(flags: Values, file: Values): Map<string, unknown> {
  const superseded = supersededKeys(flags, file);
  const held = new Map([...file].filter(([key]) => !superseded.has(key)));
  const [combine, target] = [flags.get("combine"), flags.get("targetMs")];
  const devices = devicesOf(held).map((device) => ({
    ...device,
    ...(typeof target === "number" && target > 0 && { targetMs: target }),
    ...(combine !== undefined && combine !== "weighted" && { weight: undefined }),
  }));
  if (devices.length > 0) held.set("device", devices.map(formatDeviceOption));
  return held;
}

/** What a user is told where the `file` replays a run's latencies and the `flags` keep it from that; else undefined. */
export function replayNote(flags: Values, file: Values): string | undefined {
  const run = file.get("replay");
  if (run === undefined || flags.has("replay") || !supersededKeys(flags, file).has("replay")) return undefined;
  return `Latencies are measured, not taken from run "${run}" as in the file: by other options other students may come, ` +
    `which it did not time. With --replay ${run} they are taken all the same.`;
}
