// What a user may say to `search`. Flags, help, the configuration file and defaults all come from here: a field's
// name is its flag, and `meta` holds what help shows (`group`, `placeholder`, `defaultText`) and, where the type does
// not say it, what errors call `allowed`.
import * as z from "zod";
import { dataDirField, deviceNamePattern, deviceNameText, lanField, portField } from "./device_fields.ts";
import { type Budget, budgetSchema, byPreset, presets, presetSchema } from "./presets.ts";
import {
  type combineSchema,
  latencyAndRewardFields,
  parseDeviceOption,
  type rewardFormSchema,
  wrongDeviceNumber,
} from "./reward_fields.ts";
import { runNameMeta, runNameSchema } from "./run_name.ts";
import {
  freshTeacherField,
  inGroup,
  teacherAdaptationFields,
  teacherField,
  teacherNetworkField,
  teachersField,
} from "./teacher_fields.ts";

export {
  combineSchema,
  type DeviceOption,
  formatDeviceOption,
  parseDeviceOption,
  rewardFormSchema,
} from "./reward_fields.ts";

export const spaceNameSchema = z.enum(["mnas", "mnas-uniform", "growth"]);
export const controllerNameSchema = z.enum(["ppo", "reinforce", "evolution", "random", "local", "model"]);

/** Options of what has a table of its own, which checks them. */
function optionsOf(meta: { defaultText: string; description: string }) {
  return z.record(z.string(), z.unknown()).default({}).meta({ group: "Search", placeholder: "JSON", ...meta });
}

/** Budget fields as options: without one, the preset's number holds. */
function budgetOption<Field extends keyof Budget>(field: Field) {
  const schema = budgetSchema.shape[field];
  return schema.optional().meta({ ...schema.meta(), group: "Budget", placeholder: "N", defaultText: byPreset(field) });
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
    defaultText: "the dataset's own; 32 for a folder of images that are not all of one square size up to 64",
    description: "height and width to which images are resized",
  }),
  space: spaceNameSchema.default("mnas").meta({
    group: "Search",
    description:
      "networks to choose from: mnas, 42 decisions on seven blocks; mnas-uniform, all blocks alike; growth, a " +
      "trained backbone that operations are added to",
  }),
  spaceOptions: optionsOf({
    defaultText: "those of the space",
    description: "options of the space; --list with --space shows them",
  }),
  controller: controllerNameSchema.default("ppo").meta({
    group: "Search",
    description: "what proposes students: ppo and reinforce, policies that learn; model, a model of the rewards; " +
      "evolution; local, hill climbing; random, chance as their baseline",
  }),
  controllerOptions: optionsOf({
    defaultText: "those of the controller; in preset paper, for ppo, reinforce and evolution, the papers' numbers",
    description: "options of the controller; --list with --controller shows them",
  }),
  controllerBatch: z.int().min(1).max(1000).optional().meta({
    group: "Search",
    placeholder: "N",
    defaultText: "an eighth of the trials, an even number from 2 to 20; 20 in preset paper",
    description: "students that the controller proposes at a time; it learns once all of them are judged",
  }),
  ...inGroup("Search", {
    teacher: teacherField,
    teachers: teachersField,
    teacherNetwork: teacherNetworkField,
    freshTeacher: freshTeacherField,
  }),
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
  list: z.boolean().default(false).meta({
    group: "Search",
    description:
      "list controllers and spaces, with --controller or --space the options of one, and do nothing else; distillers " +
      "are listed by `deno task distill --list`",
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

  ...latencyAndRewardFields,
  preset: presetSchema.default("quick").meta({
    group: "Budget",
    description:
      "how much to spend: minutes; a trial of everything; standard, hours for a search worth reporting; or " +
      "paper, 8,000 students as in the paper, days to weeks",
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
  foresee: budgetSchema.shape.foresee.optional().meta({
    ...budgetSchema.shape.foresee.meta(),
    group: "Budget",
    defaultText: `${byPreset("foresee")}; --foresee=false turns it off`,
  }),
  prune: z.boolean().default(false).meta({
    group: "Budget",
    description:
      "do not train a timed student that would be beaten by a faster one even at the best accuracy that may be " +
      "hoped for, after what was learned from those trained so far",
  }),
  warmStart: z.boolean().default(false).meta({
    group: "Budget",
    description:
      "start each training from the weights of the kept student that shares most of them: better accuracy for " +
      "the same budget, but later students have it easier",
  }),
  finalTop: budgetOption("finalTop"),
  finalSample: budgetOption("finalSample"),
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
    description:
      "name of the run, which is created, or resumed where it exists; one in the file of --config holds only where " +
      "no flag changes its results",
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
  if (options.absoluteWeight !== undefined && options.reward !== "absolute") {
    refuse(["absoluteWeight"], "belongs to the reward absolute");
  }
  if (options.prune && (options.reward === "absolute" || (options.exponents ?? []).some((exponent) => exponent > 0))) {
    refuse(["prune"], "supposes that a faster student is never worth less, but by this reward it may be");
  }
  if (options.prune && options.warmStart) {
    refuse(["prune"], "bounds accuracies by those of earlier students, which --warm-start lets later ones exceed");
  }
  if (options.latencyTable.length > 0 && !(options.foresee ?? presets[options.preset].foresee)) {
    refuse(["latencyTable"], "is for --foresee");
  }
  const devices = options.device.map(parseDeviceOption);
  if (options.replay !== undefined && devices.some(({ name }) => name === "all")) {
    refuse(["replay"], "needs the names of the devices that measured, not all");
  }
  const weighted = devices.findIndex(({ weight }) => weight !== undefined);
  if (weighted >= 0 && options.combine !== undefined && options.combine !== "weighted") {
    refuse(["device"], `${options.device[weighted]}: a weight needs --combine weighted`);
  }
  const hasEffect = devices.some(({ targetMs }) => targetMs === undefined || targetMs === options.targetMs);
  if (options.targetMs !== undefined && !hasEffect) {
    refuse(["targetMs"], "is for devices without a target of their own, and each of --device has one");
  }
  for (const [index, { name, targetMs, weight }] of devices.entries()) {
    if (!deviceNamePattern.test(name)) refuse(["device"], `"${name}" is no name; allowed: ${deviceNameText}`);
    if (devices.findIndex((other) => other.name === name) < index) refuse(["device"], `names "${name}" twice`);
    const wrong = wrongDeviceNumber({ name, targetMs, weight });
    if (wrong !== undefined) refuse(["device"], `${options.device[index]}: ${wrong}`);
  }
});

export type RewardForm = z.infer<typeof rewardFormSchema>;
export type CombineName = z.infer<typeof combineSchema>;
export type ControllerName = z.infer<typeof controllerNameSchema>;
export type SpaceName = z.infer<typeof spaceNameSchema>;
export type SearchOptions = z.output<typeof searchOptionsSchema>;
