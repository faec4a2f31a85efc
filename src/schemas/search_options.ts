// What a user may say to `search`. Flags, help, the configuration file and defaults all come from here: a field's
// name is its flag, and `meta` holds what help shows (`group`, `placeholder`, `defaultText`) and, where the type does
// not say it, what errors call `allowed`.
import * as z from "zod";
import {
  dataDirField,
  deviceNamePattern,
  deviceNameText,
  deviceWaitField,
  lanField,
  portField,
} from "./device_fields.ts";
import { profileSchema, runtimeSchema } from "./measurement.ts";
import { type Budget, budgetSchema, presetSchema } from "./presets.ts";
import { freshTeacherField, inGroup, teacherAdaptationFields, teacherField, teachersField } from "./teacher_fields.ts";

export const rewardFormSchema = z.enum(["hard", "soft", "absolute"]);
export const combineSchema = z.enum(["worst", "mean", "weighted"]);
export const deviceGoneSchema = z.enum(["stop", "continue"]);
export const controllerNameSchema = z.enum(["ppo", "reinforce", "evolution", "random", "local", "model"]);

/** A run's name is a folder's name: no separators, nothing hidden, nothing that leads elsewhere. */
export const runNameSchema = z.string().regex(/^(?!\.)[A-Za-z0-9._-]{1,64}$/);
const runNameMeta = { placeholder: "RUN", allowed: "1 to 64 of A-Z a-z 0-9 . _ - and no dot in front" };

/** `NAME[=targetMs[:weight]]`, for instance `phone=12.5:2`; what a name may be is checked on its own. */
const devicePattern = /^([^=:]+)(?:=(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?)?$/;

const limit = z.int().min(1).optional();
const milliseconds = z.number().positive().optional();

/** Budget fields as options: without one, the preset's number holds. */
function budgetOption<Field extends keyof Budget>(field: Field) {
  const schema = budgetSchema.shape[field];
  return schema.optional().meta({ ...schema.meta(), group: "Budget", placeholder: "N", defaultText: "by preset" });
}

const fields = z.strictObject({
  dataset: z.string().min(1).default("auto").meta({
    group: "Search",
    placeholder: "NAME",
    description: "auto, mnist, fashion-mnist, cifar10, or a folder of IDX files or of one folder of images per class",
  }),
  imageSize: z.int().min(8).max(1024).optional().meta({
    group: "Search",
    placeholder: "PIXELS",
    defaultText: "the dataset's own",
    description: "height and width to which images are resized",
  }),
  space: z.enum(["mnas", "growth"]).default("mnas").meta({ group: "Search", description: "networks to choose from" }),
  controller: controllerNameSchema.default("ppo").meta({
    group: "Search",
    description: "what proposes students: a policy that learns, or chance as its baseline",
  }),
  ...inGroup("Search", { teacher: teacherField, teachers: teachersField, freshTeacher: freshTeacherField }),
  ...inGroup("Search", teacherAdaptationFields),
  distiller: z.string().min(1).default("kd").meta({
    group: "Search",
    placeholder: "NAME",
    description:
      "how students learn from the teacher: a method of `deno task distill --list` for classification, or a sum " +
      "such as kd+attention; none: from the labels alone",
  }),
  distillerOptions: z.record(z.string(), z.unknown()).default({}).meta({
    group: "Search",
    placeholder: "JSON",
    defaultText: 'those of the method; kd: {"temperature": 4, "alpha": 0.1}',
    description: "options of the distiller, those of a sum by method; alpha is the weight of the labels",
  }),
  seed: z.int().min(0).max(2 ** 32 - 1).default(1).meta({
    group: "Search",
    placeholder: "N",
    description: "same seed and same latencies, same trials",
  }),

  dataSeed: z.int().min(0).max(2 ** 32 - 1).default(0).meta({
    group: "Search",
    placeholder: "N",
    description: "splits and augments the data and trains the teacher; searches with other seeds share these",
  }),

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
    defaultText: "by preset: fast for smoke, else standard",
  }),
  deviceWait: deviceWaitField.meta({ ...deviceWaitField.meta(), group: "Latency and reward" }),
  deviceGone: deviceGoneSchema.default("stop").meta({
    group: "Latency and reward",
    description:
      "when a device did not come, or come back: stop, to go on later by the same command, or continue with the " +
      "other devices for the rest of the run",
  }),
  targetMs: milliseconds.meta({
    group: "Latency and reward",
    placeholder: "MS",
    defaultText: "what the reference network takes on the device",
    description: "latency to aim for on devices without a target of their own",
  }),
  reward: rewardFormSchema.default("hard").meta({
    group: "Latency and reward",
    description: "hard: accuracy counts up to the target and is divided by the excess beyond it. soft: faster is " +
      "always better, the target changes nothing in the order. absolute: near the target is better",
  }),
  exponents: z.tuple([z.number().min(-10).max(10), z.number().min(-10).max(10)]).optional().meta({
    group: "Latency and reward",
    placeholder: "A,B",
    defaultText: "hard: 0,-1; soft: -0.07,-0.07",
    allowed: "two numbers from -10 to 10, for instance 0,-1",
    description: "exponents of latency / target up to the target and beyond it",
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
  maxLatencyMs: milliseconds.meta({
    group: "Latency and reward",
    placeholder: "MS",
    description: "slower students are not trained",
  }),
  replay: runNameSchema.optional().meta({
    ...runNameMeta,
    group: "Latency and reward",
    description: "take latencies from this earlier run instead of measuring",
  }),

  preset: presetSchema.default("quick").meta({
    group: "Budget",
    description: "how much to spend: minutes, a trial of everything, or a search worth reporting",
  }),
  trials: budgetOption("trials"),
  trainImages: budgetOption("trainImages"),
  epochs: budgetOption("epochs"),
  batchSize: budgetOption("batchSize"),
  views: budgetOption("views"),
  validationImages: budgetOption("validationImages"),
  learningRate: z.number().positive().max(1).default(0.01).meta({
    group: "Budget",
    placeholder: "RATE",
    description: "highest learning rate of the cosine schedule (Adam)",
  }),
  finalTop: z.int().min(0).max(1000).default(3).meta({
    group: "Budget",
    placeholder: "N",
    description: "best students to train longer and score on the test images; 0 for none",
  }),
  finalTrainImages: budgetOption("finalTrainImages"),
  finalEpochs: budgetOption("finalEpochs"),
  teacherTrainImages: budgetOption("teacherTrainImages"),
  teacherEpochs: budgetOption("teacherEpochs"),
  trainers: z.int().min(1).max(256).optional().meta({
    group: "Budget",
    placeholder: "N",
    defaultText: "one per core",
    description: "students trained at the same time; results do not depend on it",
  }),

  run: runNameSchema.optional().meta({
    ...runNameMeta,
    group: "Run",
    defaultText: "made from the configuration",
    description: "name of the run, which is created, or resumed where it exists",
  }),
  port: portField.meta({ ...portField.meta(), group: "Run" }),
  lan: lanField.meta({ ...lanField.meta(), group: "Run" }),
  dataDir: dataDirField.meta({
    ...dataDirField.meta(),
    group: "Run",
    description: "where runs, teachers and datasets are kept",
  }),
  json: z.boolean().default(false).meta({
    group: "Run",
    description: "end standard output with one line of JSON that holds the result",
  }),
});

/** The options of `search`, checked one by one and against each other. */
export const searchOptionsSchema = fields.superRefine((options, context) => {
  const refuse = (path: (keyof typeof options)[], message: string) =>
    context.addIssue({ code: "custom", path, message });

  if (options.reward === "absolute" && options.exponents) {
    refuse(["exponents"], "belongs to the rewards hard and soft, not to absolute");
  }
  const devices = options.device.map(parseDeviceOption);
  if (options.replay !== undefined && devices.some(({ name }) => name === "all")) {
    refuse(["replay"], "needs the names of the devices that measured, not all");
  }
  const weighted = devices.findIndex(({ weight }) => weight !== undefined);
  if (weighted >= 0 && options.combine !== undefined && options.combine !== "weighted") {
    refuse(["device"], `${options.device[weighted]}: a weight needs --combine weighted`);
  }
  for (const [index, { name, targetMs, weight }] of devices.entries()) {
    if (!deviceNamePattern.test(name)) refuse(["device"], `"${name}" is no name; allowed: ${deviceNameText}`);
    if (devices.findIndex((other) => other.name === name) < index) refuse(["device"], `names "${name}" twice`);
    if (targetMs === 0 || weight === 0) refuse(["device"], `${options.device[index]}: target and weight are above 0`);
  }
});

/** Parses one `--device` that fits the schema: `NAME[=targetMs[:weight]]`. */
export function parseDeviceOption(text: string): { name: string; targetMs?: number; weight?: number } {
  const match = devicePattern.exec(text);
  if (!match) throw new RangeError(`Device "${text}" is not NAME[=targetMs[:weight]]`);
  const [, name, targetMs, weight] = match;
  return {
    name,
    ...(targetMs !== undefined && { targetMs: Number(targetMs) }),
    ...(weight !== undefined && { weight: Number(weight) }),
  };
}

export type RewardForm = z.infer<typeof rewardFormSchema>;
export type DeviceGonePolicy = z.infer<typeof deviceGoneSchema>;
export type CombineName = z.infer<typeof combineSchema>;
export type ControllerName = z.infer<typeof controllerNameSchema>;
export type SearchOptions = z.output<typeof searchOptionsSchema>;
