// What a user may say to `distill`; see search_options.ts for what `meta` holds. Names of methods, and what their options may
// be, are known to the table of methods alone, which checks them.
import * as z from "zod";
import { dataDirField } from "./device_fields.ts";
import { presets } from "./presets.ts";
import { searchOptionsSchema } from "./search_options.ts";
import {
  freshTeacherField,
  inGroup,
  teacherAdaptationFields,
  teacherField,
  teacherNetworkField,
  teachersField,
} from "./teacher_fields.ts";

/** Classification and the rows of tasks/table.ts. */
export const taskNameSchema = z.enum([
  "classification",
  "retrieval",
  "detection",
  "detection-two-stage",
  "segmentation",
  "depth",
  "regression",
]);
/** Those of renderings.ts; a test compares them. */
export const renderingSchema = z.enum(["plain", "edges", "coarse", "noisy", "inverted"]);

const { shape } = searchOptionsSchema;
const { quick } = presets;

const method = { group: "Method" };
const teacher = { group: "Teacher" };
const training = { group: "Training" };
const run = { group: "Run" };

/** Images of the other tasks are larger, and their losses dearer. */
export const defaultTrainImages = { classification: quick.trainImages, others: 4000 } as const;

function count(value: number, most: number, description: string) {
  return z.int().min(1).max(most).default(value).meta({ ...training, placeholder: "N", description });
}

export const distillOptionsSchema = z.strictObject({
  distiller: z.string().min(1).default("kd").meta({
    ...method,
    placeholder: "NAME",
    description: "a method, or a sum of losses such as kd+attention; --list shows all",
  }),
  distillerOptions: z.record(z.string(), z.unknown()).default({}).meta({
    ...method,
    placeholder: "JSON",
    defaultText: "those of the method",
    description: "options of the method, those of a sum by method; --list with --distiller shows them",
  }),
  task: taskNameSchema.default("classification").meta({
    ...method,
    description:
      "what the student is trained for; tasks beyond classification have data of their own, made from digits",
  }),
  list: z.boolean().default(false).meta({
    ...method,
    description: "list the methods, with --distiller the options of one, and do nothing else",
  }),

  architecture: z.string().min(1).default("mnas").meta({
    ...method,
    placeholder: "mnas[=WIDTH]|FILE",
    description:
      "the student: the network that searches start from, its widths times WIDTH, or an architecture of a search " +
      "(.json, or the .safetensors of a student, whose weights are not taken)",
  }),

  ...inGroup("Teacher", {
    teacher: teacherField,
    teachers: teachersField,
    teacherNetwork: teacherNetworkField,
    freshTeacher: freshTeacherField,
  }),
  ...inGroup("Teacher", teacherAdaptationFields),
  teacherRendering: renderingSchema.optional().meta({
    ...teacher,
    defaultText: "the student's",
    description: "how teachers see the images: for teachers of another modality, or with more to see",
  }),
  teacherTrainImages: count(quick.teacherTrainImages, 1_000_000, "training images of the automatic teacher").meta({
    ...teacher,
    placeholder: "N",
    description: "training images of the automatic teacher",
  }),
  teacherEpochs: count(quick.teacherEpochs, 10_000, "").meta({
    ...teacher,
    placeholder: "N",
    description: "passes of the automatic teacher over its training images",
  }),

  dataset: shape.dataset.meta({ ...shape.dataset.meta(), ...training }),
  imageSize: shape.imageSize.meta({ ...shape.imageSize.meta(), ...training }),
  rendering: renderingSchema.default("plain").meta({ ...training, description: "how the student sees the images" }),
  unlabelled: z.string().min(1).optional().meta({
    ...training,
    placeholder: "FOLDER",
    defaultText: "none",
    description: "folder of PNG or JPEG files without labels, for methods that use them",
  }),
  trainImages: z.int().min(1).max(100_000_000).optional().meta({
    ...training,
    placeholder: "N",
    defaultText:
      `${defaultTrainImages.classification}; ${defaultTrainImages.others} for other tasks than classification`,
    description: "training images of the student",
  }),
  validationImages: count(quick.validationImages, 10_000_000, "held-out images that give the accuracy"),
  epochs: count(3, 10_000, "passes over the training images"),
  batchSize: count(quick.batchSize, 4096, "images per training step"),
  views: count(quick.views, 1000, "views per training image, the first as it is; 1 for no augmentation"),
  learningRate: shape.learningRate.meta({ ...shape.learningRate.meta(), ...training }),
  seed: shape.seed.meta({
    ...shape.seed.meta(),
    ...training,
    description: "of weights, noise and the order of images",
  }),
  dataSeed: shape.dataSeed.meta({
    ...shape.dataSeed.meta(),
    ...training,
    description: "splits and augments the data and trains the teacher",
  }),
  noBaseline: z.boolean().default(false).meta({
    ...training,
    description: "leave out the student that is trained on the labels alone, for comparison",
  }),
  test: z.boolean().default(false).meta({
    ...training,
    description: "score on the test images too, which nothing should be chosen by",
  }),

  weights: z.string().min(1).optional().meta({
    ...run,
    placeholder: "FILE",
    defaultText: "in the data folder",
    description: "where the student goes, as .safetensors with its architecture",
  }),
  dataDir: dataDirField.meta({
    ...dataDirField.meta(),
    ...run,
    description: "where students, teachers and datasets are kept",
  }),
  json: shape.json.meta({ ...shape.json.meta(), ...run }),
});

export type TaskOptionName = z.infer<typeof taskNameSchema>;
export type DistillOptions = z.output<typeof distillOptionsSchema>;
