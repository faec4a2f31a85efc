// What a user may say about devices, latencies and rewards; a part of the options of `search`.
import * as z from "zod";
import { deviceWaitField } from "./device_fields.ts";
import { profileSchema, runtimeSchema } from "./measurement.ts";
import { budgetSchema, byPreset } from "./presets.ts";
import { runNameMeta, runNameSchema } from "./run_name.ts";

export const rewardFormSchema = z.enum(["hard", "soft", "absolute"]);
export const combineSchema = z.enum(["worst", "mean", "weighted"]);
export const deviceGoneSchema = z.enum(["stop", "continue"]);

/** `NAME[=targetMs[:weight]]`, for instance `phone=12.5:2`; what a name may be is checked on its own. */
const devicePattern = /^([^=:]+)(?:=(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?::(\d+(?:\.\d+)?(?:e[+-]?\d+)?))?)?$/;

const limit = z.int().min(1).optional();
const milliseconds = z.number().positive().optional();

/** From a microsecond to a quarter of an hour: powers of latency / target stay numbers, whatever the exponents. */
const targetRange = { least: 0.001, most: 1_000_000 } as const;
const weightRange = { least: 1e-9, most: 1e9 } as const;

const isWithin = (value: number | undefined, { least, most }: { least: number; most: number }) =>
  value === undefined || (value >= least && value <= most);

/** What is wrong with the numbers of a device; undefined where nothing is. */
export function wrongDeviceNumber({ targetMs, weight }: DeviceOption): string | undefined {
  const told = ({ least, most }: { least: number; most: number }) => `from ${least} to ${most}`;
  if (!isWithin(targetMs, targetRange)) return `a target is ${told(targetRange)} ms, got ${targetMs}`;
  if (!isWithin(weight, weightRange)) return `a weight is ${told(weightRange)}, got ${weight}`;
}

/** Fields by name; `group` is their heading in the help. */
export const latencyAndRewardFields = {
  device: z.array(z.string().regex(devicePattern, { abort: true })).min(1).default(["here"]).meta({
    group: "Latency and reward",
    placeholder: "NAME[=MS[:WEIGHT]]",
    allowed: "NAME[=targetMs[:weight]], for instance phone=12.5:2",
    description:
      "who times the students: here, chromium, firefox, the name of a paired browser, or all for those open now",
  }),
  runtime: runtimeSchema.default("tfjs-wasm").meta({
    group: "Latency and reward",
    description: "what runs the students on the devices",
  }),
  profile: profileSchema.default("fast").meta({
    group: "Latency and reward",
    description: "how much is spent on timing a student: some 10 s for up to four, minutes, or enough for claims",
  }),
  targetProfile: budgetSchema.shape.targetProfile.optional().meta({
    ...budgetSchema.shape.targetProfile.meta(),
    group: "Latency and reward",
    defaultText: byPreset("targetProfile"),
  }),
  deviceWait: deviceWaitField.meta({ ...deviceWaitField.meta(), group: "Latency and reward" }),
  deviceGone: deviceGoneSchema.default("stop").meta({
    group: "Latency and reward",
    description:
      "when a device did not come, or come back: stop, to go on later by the same command, or continue with the " +
      "other devices for the rest of the run",
  }),
  targetMs: z.number().min(targetRange.least).max(targetRange.most).optional().meta({
    group: "Latency and reward",
    placeholder: "MS",
    allowed: `milliseconds from ${targetRange.least} to ${targetRange.most}`,
    defaultText: "what the reference network takes on the device",
    description: "latency to aim for on devices without a target of their own; given here, it holds in place of the " +
      "targets in the file of --config",
  }),
  reward: rewardFormSchema.optional().meta({
    group: "Latency and reward",
    defaultText: "hard; soft in preset paper",
    description: "hard: accuracy counts up to the target and is divided by the excess beyond it. soft: faster is " +
      "always better, the target changes nothing in the order. absolute: near the target is better",
  }),
  exponents: z.tuple([z.number().min(-10).max(10), z.number().min(-10).max(10)]).optional().meta({
    group: "Latency and reward",
    placeholder: "A,B",
    defaultText: "hard: 0,-1; soft: -0.07,-0.07; 0,0, accuracy alone, in space growth without target and reward",
    allowed: "two numbers from -10 to 10, for instance 0,-1",
    description: "exponents of latency / target up to the target and beyond it",
  }),
  absoluteWeight: z.number().negative().min(-1000).optional().meta({
    group: "Latency and reward",
    placeholder: "WEIGHT",
    defaultText: "-0.07",
    allowed: "a number below 0, at least -1000",
    description: "by the reward absolute, what is added to the accuracy at twice the target, or at none of it; a sum " +
      "below 0 counts as 0, which is also what a student beyond the limits is worth",
  }),
  combine: combineSchema.optional().meta({
    group: "Latency and reward",
    defaultText: "worst; weighted where a device has a weight",
    description: "how several devices count",
  }),
  maxParameters: limit.meta({
    group: "Latency and reward",
    placeholder: "N",
    description: "larger students are not trained",
  }),
  maxMultiplyAdds: limit.meta({
    group: "Latency and reward",
    placeholder: "N",
    description: "students with more multiply-adds are not trained",
  }),
  maxMemoryBytes: limit.meta({
    group: "Latency and reward",
    placeholder: "N",
    description: "students whose weights and activations take more memory at a time are not trained",
  }),
  maxDownloadBytes: limit.meta({
    group: "Latency and reward",
    placeholder: "N",
    description: "students whose weights are a larger download are not trained",
  }),
  maxLatencyMs: milliseconds.meta({
    group: "Latency and reward",
    placeholder: "MS",
    description: "students that are slower, on any of the devices, are not trained",
  }),
  replay: runNameSchema.optional().meta({
    ...runNameMeta,
    group: "Latency and reward",
    description: "take latencies from this earlier run instead of measuring",
  }),

  latencyTable: z.array(z.string().min(1)).default([]).meta({
    group: "Latency and reward",
    placeholder: "FILE",
    defaultText: "none: it learns from this run alone",
    description: "latencies of an earlier run (latency_table*.json in its folder) that --foresee starts from",
  }),
};

/** What `--device` may say of one device. */
export interface DeviceOption {
  name: string;
  targetMs?: number;
  weight?: number;
}

/** Parses one `--device` that fits the schema: `NAME[=targetMs[:weight]]`. */
export function parseDeviceOption(text: string): DeviceOption {
  const match = devicePattern.exec(text);
  if (!match) throw new RangeError(`Device "${text}" is not NAME[=targetMs[:weight]]`);
  const [, name, targetMs, weight] = match;
  return {
    name,
    ...(targetMs !== undefined && { targetMs: Number(targetMs) }),
    ...(weight !== undefined && { weight: Number(weight) }),
  };
}

/** The text of one `--device`; a weight without a target cannot be said. */
export function formatDeviceOption({ name, targetMs, weight }: DeviceOption): string {
  if (targetMs === undefined) return name;
  return weight === undefined ? `${name}=${targetMs}` : `${name}=${targetMs}:${weight}`;
}
