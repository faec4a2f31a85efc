// The configuration of a run: a user's options with everything filled in, as it is stored and hashed.
import * as z from "zod";
import { canonicalJson, contentHash } from "./architecture.ts";
import { budgetSchema, defaultControllerBatch, presetChoices, presets } from "./presets.ts";
import {
  type CombineName,
  combineSchema,
  type DeviceOption,
  formatDeviceOption,
  parseDeviceOption,
  rewardFormSchema,
  type SearchOptions,
  searchOptionsSchema,
} from "./search_options.ts";

const { shape } = searchOptionsSchema;

/** A device of the run; without `targetMs`, the time of the reference network on it is the target. */
export const configuredDeviceSchema = z.strictObject({
  name: z.string(),
  targetMs: z.number().positive().optional(),
  weight: z.number().positive(),
});

export const runConfigSchema = z.strictObject({
  ...budgetSchema.shape,
  preset: shape.preset,
  learningRate: shape.learningRate,
  prune: shape.prune,
  warmStart: shape.warmStart,
  trainers: z.int().min(1),

  dataset: shape.dataset,
  /** The dataset's own size if not given. */
  imageSize: shape.imageSize,
  space: shape.space,
  /** In full. */
  spaceOptions: z.record(z.string(), z.unknown()),
  controller: shape.controller,
  /** In full. */
  controllerOptions: z.record(z.string(), z.unknown()),
  controllerBatch: z.int().min(1),
  teacher: shape.teacher,
  freshTeacher: shape.freshTeacher,
  teachers: shape.teachers,
  teacherNetwork: shape.teacherNetwork,
  teacherNormalisation: shape.teacherNormalisation,
  teacherResize: shape.teacherResize,
  teacherColours: shape.teacherColours,
  teacherClasses: shape.teacherClasses,
  teacherArchitecture: shape.teacherArchitecture,
  /** A method or a sum, with its options in full. */
  distiller: z.strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()) }),
  seed: shape.seed,
  dataSeed: shape.dataSeed,

  devices: z.array(configuredDeviceSchema).min(1),
  runtime: shape.runtime,
  profile: shape.profile,
  deviceWait: shape.deviceWait,
  deviceGone: shape.deviceGone,
  reward: rewardFormSchema,
  /** Those of the reward's form if not given. */
  exponents: shape.exponents,
  /** That of rewardOf if not given. */
  absoluteWeight: shape.absoluteWeight,
  combine: combineSchema,
  maxParameters: shape.maxParameters,
  maxMultiplyAdds: shape.maxMultiplyAdds,
  maxMemoryBytes: shape.maxMemoryBytes,
  maxDownloadBytes: shape.maxDownloadBytes,
  maxLatencyMs: shape.maxLatencyMs,
  latencyTable: shape.latencyTable,
  replay: shape.replay,

  run: z.string(),
  port: shape.port,
  lan: shape.lan,
  dataDir: shape.dataDir,
  json: shape.json,
});

export type ConfiguredDevice = z.infer<typeof configuredDeviceSchema>;
export type RunConfig = z.infer<typeof runConfigSchema>;

/** Fields that results do not depend on; the preset counts by its numbers. */
const irrelevantFields = [
  "preset",
  "freshTeacher",
  "trainers",
  "deviceWait",
  "deviceGone",
  "run",
  "port",
  "lan",
  "dataDir",
  "json",
] as const satisfies (keyof RunConfig)[];

/** Whether results depend on the option `name`. */
export function isResultField(name: string): boolean {
  return !(irrelevantFields as readonly string[]).includes(name);
}

/** The part of a configuration that results depend on. */
export type ResultConfig = Omit<RunConfig, typeof irrelevantFields[number]>;

/**
 * Fills in what `options` leave open: numbers from the preset, one trainer per core, the devices' targets, and a name
 * from the hash of the configuration. The options of method, space and controller are taken as they are, so give them
 * in full. Pure.
 */
export function resolveRunConfig(options: SearchOptions, machine: { cores: number }): RunConfig {
  const { combine, distiller, distillerOptions, device, list: _list, targetMs, ...others } = options;
  const parsed = device.map(parseDeviceOption);
  const devices = parsed.map((one) => ({ ...(targetMs !== undefined && { targetMs }), weight: 1, ...one }));
  const { exponents, reward } = defaultReward(options, devices);
  const isJudged = options.reward !== undefined || options.exponents !== undefined;
  const budget = budgetSchema.strip().parse({ ...presets[options.preset], ...withoutUndefined(others) });
  const config: Omit<RunConfig, "run"> = {
    ...withoutUndefined(others),
    ...budget,
    reward: options.reward ?? reward,
    ...(!isJudged && exponents && { exponents }),
    controllerBatch: options.controllerBatch ?? usualControllerBatch({ ...options, ...budget }),
    trainers: options.trainers ?? Math.max(1, machine.cores),
    distiller: { name: distiller, options: distillerOptions },
    devices,
    combine: combine ?? usualCombine(parsed),
  };
  return { ...config, run: options.run ?? runConfigHash(config).slice(0, 12) };
}

/** Students per batch of the controller where nobody said how many. */
function usualControllerBatch({ preset, trials }: Pick<RunConfig, "preset" | "trials">): number {
  return presetChoices[preset]?.controllerBatch ?? defaultControllerBatch(trials);
}

/** How devices count where nobody said it. */
function usualCombine(devices: readonly { weight?: number }[]): CombineName {
  return devices.some(({ weight }) => weight !== undefined) ? "weighted" : "worst";
}

/** Whether rewards are accuracies alone, whatever the latencies within the limits. */
export function isAccuracyAlone({ exponents }: Pick<RunConfig, "exponents">): boolean {
  return exponents !== undefined && exponents.every((exponent) => exponent === 0);
}

/**
 * What judges students where nobody said how: the preset's reward, else `hard`; in a space whose network grows accuracy
 * alone, under the limits, unless there is a target. With its backbone's latency as the target every growth would cost.
 */
function defaultReward(
  { preset, space }: Pick<RunConfig, "preset" | "space">,
  devices: readonly Pick<ConfiguredDevice, "targetMs">[],
): Pick<RunConfig, "exponents" | "reward"> {
  const reward = presetChoices[preset]?.reward;
  const growsFreely = space === "growth" && devices.every(({ targetMs }) => targetMs === undefined);
  return reward === undefined && growsFreely ? { reward: "hard", exponents: [0, 0] } : { reward: reward ?? "hard" };
}

/** Fields of a machine or of one call, which a run that is to be had again elsewhere leaves open. */
const localFields: ReadonlySet<string> = new Set(["trainers", "port", "lan", "dataDir", "json", "freshTeacher"]);

/**
 * The options that give the run of `config` again, by `deno task search --config FILE` for instance: resolved, they
 * have its hash. Machine, folder and kind of output are left open, a name that was made from the configuration, and
 * what follows from the rest: reward, batch of the controller, combination of the devices.
 */
export function optionsOfConfig(config: RunConfig): Record<string, unknown> {
  const { combine, devices, distiller, run, ...others } = config;
  const { controllerBatch, exponents, reward } = config;
  const written: DeviceOption[] = devices.map(({ weight, ...device }) => weight === 1 ? device : { ...device, weight });
  const following = new Set([
    ...(canonicalJson({ exponents, reward }) === canonicalJson(defaultReward(config, devices))
      ? ["reward", "exponents"]
      : []),
    ...(controllerBatch === usualControllerBatch(config) ? ["controllerBatch"] : []),
  ]);
  const kept = Object.entries(withoutUndefined(others))
    .filter(([field]) => !localFields.has(field) && !following.has(field));
  return {
    ...(run !== runConfigHash(config).slice(0, 12) && { run }),
    ...Object.fromEntries(kept),
    distiller: distiller.name,
    distillerOptions: distiller.options,
    device: written.map(formatDeviceOption),
    ...(combine !== usualCombine(written) && { combine }),
  };
}

/** What results depend on: two configurations that differ elsewhere only are of one and the same run. */
export function resultConfig(config: Omit<RunConfig, "run">): ResultConfig {
  const kept = Object.entries(config).filter(([field, value]) => value !== undefined && isResultField(field));
  return Object.fromEntries(kept) as ResultConfig;
}

/** Content hash of all that results depend on, in hexadecimal. */
export function runConfigHash(config: Omit<RunConfig, "run">): string {
  return contentHash(resultConfig(config));
}

/** Fields that results depend on and in which the two differ, sorted. */
export function differingFields(a: Omit<RunConfig, "run">, b: Omit<RunConfig, "run">): string[] {
  const [one, other] = [new Map(Object.entries(resultConfig(a))), new Map(Object.entries(resultConfig(b)))];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((field) => canonicalJson(one.get(field)) !== canonicalJson(other.get(field)))
    .sort();
}

/** The configuration for people: option and value, in the order of the schema. */
export function configurationRows(config: RunConfig): [option: string, value: string][] {
  const order = Object.keys(runConfigSchema.shape) as (keyof RunConfig)[];
  return order.flatMap((field): [string, string][] => {
    const value = config[field];
    if (value === undefined || field === "json") return [];
    return [[field, typeof value === "object" ? JSON.stringify(value) : String(value)]];
  });
}

/** Without the fields that are undefined, so that spreading it overwrites nothing with undefined. */
function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T;
}
