// What is compared: settings, each with a student, rows of methods, and the published claims that its rows check.
import type { tasks } from "../../src/tasks/table.ts";
import type { Sizes } from "./job.ts";

export interface Row {
  /** Unique in its setting. */
  name: string;
  method: string;
  options?: Record<string, unknown>;
  /** Deviation of noise on the teacher's boxes. */
  noisyBoxes?: number;
}

/** That a row is better than another one of the setting, or like it. */
export interface Claim {
  paper: string;
  row: string;
  than: string;
  expected: "better" | "alike";
}

interface Common {
  rows: readonly Row[];
  claims: readonly Claim[];
  sizes: Sizes;
}

export interface TaskSetting extends Common {
  type: "task";
  task: keyof typeof tasks;
  /** Digits whose poses the teacher was taught mirrored. */
  wrongDigits?: readonly number[];
}

export type DigitDataset = "mnist" | "fashion-mnist";

/** Rows' methods initialise the student on `from`; it is then trained on `to` plainly. */
export interface TransferSetting extends Common {
  type: "transfer";
  from: DigitDataset;
  to: DigitDataset;
}

export type Setting = TaskSetting | TransferSetting;

// At 0.01 reference students learn, at the usual 0.001 they hardly do in so few steps.
const common = { batchSize: 32, peakLearningRate: 0.01, testImages: 400 };

const none: Row = { name: "none", method: "none" };
const overhaulRow: Row = { name: "overhaul", method: "overhaul" };
/** Distance of features after the activation. */
const features: Row = { name: "features, plain", method: "fitnets", options: { mode: "joint" } };

const overhaulClaims: readonly Claim[] = [
  { paper: "1904.01866", row: "overhaul", than: "none", expected: "better" },
  { paper: "1904.01866", row: "overhaul", than: "features, plain", expected: "better" },
];

const bounded = { mu: 1, gamma: 0 };
const soft = { nu: 0, gamma: 0 };
const noisyBoxes = 0.5;

const chen = (row: string, than: string): Claim => ({ paper: "Chen 2017", row, than, expected: "better" });
const liu = (row: string, than: string): Claim => ({ paper: "1903.04197", row, than, expected: "better" });
const saputra = (row: string, than: string): Claim => ({ paper: "1908.00858", row, than, expected: "better" });
const fsp = (row: string, than: string): Claim => ({ paper: "Yim 2017", row, than, expected: "better" });

const poses = {
  type: "task",
  rows: [
    none,
    ...(["plain", "attentive", "min", "teacher-bound", "laplace"] as const).map((form) => ({
      name: form,
      method: "attentive-imitation",
      options: { form },
    })),
    { name: "hint, plain", method: "attentive-imitation", options: { form: "plain", stages: "hint" } },
    { name: "hint, attentive", method: "attentive-imitation", options: { form: "attentive", stages: "hint" } },
  ],
  claims: [
    saputra("attentive", "none"),
    saputra("attentive", "plain"),
    saputra("attentive", "min"),
    saputra("attentive", "teacher-bound"),
    saputra("attentive", "laplace"),
    saputra("hint, attentive", "hint, plain"),
  ],
  sizes: { ...common, trainImages: 640, epochs: 12, teacherImages: 2560, teacherEpochs: 8 },
} as const satisfies Partial<TaskSetting>;

const transferRows: readonly Row[] = [
  { name: "scratch", method: "none" },
  // The student's own plain training on the first data set.
  { name: "pre-trained", method: "plain" },
  { name: "fitnets", method: "fitnets", options: { mode: "initialise" } },
  { name: "fsp", method: "fsp", options: { mode: "initialise" } },
];
const transfer = {
  type: "transfer",
  rows: transferRows,
  claims: [
    fsp("fsp", "scratch"),
    fsp("fsp", "pre-trained"),
    { paper: "1412.6550", row: "fitnets", than: "scratch", expected: "better" },
    fsp("fsp", "fitnets"),
  ],
  sizes: { ...common, trainImages: 500, testImages: 2000, epochs: 12, teacherImages: 3000, teacherEpochs: 4 },
} as const satisfies Partial<TransferSetting>;

export const settings = {
  detection: {
    type: "task",
    task: "detection",
    rows: [
      none,
      { name: "bounded boxes", method: "detection", options: { ...bounded } },
      { name: "imitated boxes", method: "box-imitation" },
      { name: "bounded boxes, noisy", method: "detection", options: { ...bounded }, noisyBoxes },
      { name: "imitated boxes, noisy", method: "box-imitation", noisyBoxes },
      { name: "soft classes", method: "detection", options: { ...soft, backgroundWeight: 1 } },
      { name: "weighted soft classes", method: "detection", options: { ...soft } },
      { name: "detection", method: "detection" },
      features,
      overhaulRow,
    ],
    claims: [
      chen("detection", "none"),
      chen("bounded boxes", "none"),
      chen("bounded boxes", "imitated boxes"),
      chen("bounded boxes, noisy", "imitated boxes, noisy"),
      chen("weighted soft classes", "soft classes"),
      ...overhaulClaims,
    ],
    sizes: { ...common, trainImages: 640, epochs: 16, teacherImages: 1920, teacherEpochs: 8 },
  },
  segmentation: {
    type: "task",
    task: "segmentation",
    rows: [
      none,
      { name: "pixels", method: "structured", options: { pairWeight: 0, holisticWeight: 0 } },
      { name: "pixels, pairs", method: "structured", options: { holisticWeight: 0 } },
      { name: "pixels, pairs, whole", method: "structured" },
      features,
      overhaulRow,
    ],
    claims: [
      liu("pixels", "none"),
      liu("pixels, pairs", "pixels"),
      liu("pixels, pairs, whole", "pixels, pairs"),
      liu("pixels, pairs, whole", "none"),
      ...overhaulClaims,
    ],
    sizes: { ...common, trainImages: 640, epochs: 10, teacherImages: 1920, teacherEpochs: 5 },
  },
  retrieval: {
    type: "task",
    task: "retrieval",
    rows: [
      none,
      { name: "darkrank, soft", method: "darkrank" },
      { name: "darkrank, hard", method: "darkrank", options: { mode: "hard" } },
    ],
    claims: [
      { paper: "1707.01220", row: "darkrank, soft", than: "none", expected: "better" },
      { paper: "1707.01220", row: "darkrank, hard", than: "none", expected: "better" },
      { paper: "1707.01220", row: "darkrank, hard", than: "darkrank, soft", expected: "alike" },
    ],
    // With more images students are as good as their teacher.
    sizes: { ...common, trainImages: 320, epochs: 24, teacherImages: 4000, teacherEpochs: 6 },
  },
  regression: { ...poses, task: "regression" },
  "regression-wrong-teacher": { ...poses, task: "regression", wrongDigits: [7, 8, 9] },
  "digits-to-fashion": { ...transfer, from: "mnist", to: "fashion-mnist" },
  "fashion-to-digits": { ...transfer, from: "fashion-mnist", to: "mnist" },
  "fashion-to-fashion": {
    ...transfer,
    // More of the same data set is no transfer; here the question is how soon the student arrives.
    rows: transferRows.filter(({ name }) => name !== "pre-trained"),
    claims: [fsp("fsp", "scratch")],
    from: "fashion-mnist",
    to: "fashion-mnist",
  },
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

export const settingNames = Object.keys(settings) as [SettingName, ...SettingName[]];

export function settingOf(name: SettingName): Setting {
  return settings[name];
}

/** What all rows are shown beside: the first of the setting, which has no teacher. */
export function controlOf({ rows }: Setting): Row {
  return rows[0];
}
