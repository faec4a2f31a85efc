// The experiments of Lopez-Paz et al. 2016, "Unifying distillation and privileged information" (1511.03643, section 6): a
// linear teacher sees x*, a linear student sees x, and whether the teacher's soft labels help depends on what x* is.
// In 4 each sample has relevant features of its own, as the paper says; its code drew them once per split.
import { Random } from "../src/data/random.ts";

const features = 50;
const relevant = 3;

/** Rows of the same length, one after the other. */
interface Table {
  width: number;
  values: Float64Array;
}

/** What the student sees, what the teacher sees, and the class, 0 or 1. */
interface Samples {
  student: Table;
  teacher: Table;
  labels: Uint8Array;
}

function normals(count: number, random: Random): Float64Array {
  return Float64Array.from({ length: count }, () => random.normal());
}

function dot(row: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < row.length; at++) sum += row[at] * weights[at];
  return sum;
}

function table(width: number, rows: readonly ArrayLike<number>[]): Table {
  const values = new Float64Array(width * rows.length);
  rows.forEach((row, at) => values.set(Array.from(row), at * width));
  return { width, values };
}

/** Draws one sample: x, x*, class. `direction` `[50]` and the features `fixed` are the experiment's own. */
type Draw = (random: Random, task: { direction: Float64Array; fixed: number[] }) => {
  student: ArrayLike<number>;
  teacher: ArrayLike<number>;
  positive: boolean;
};

function someFeatures(random: Random): number[] {
  const all = Array.from({ length: features }, (_, index) => index);
  random.shuffle(all);
  return all.slice(0, relevant);
}

/** The class is decided by three features, which the teacher sees alone. */
function decidedBy(chosen: number[], { direction, random }: { direction: Float64Array; random: Random }) {
  const student = normals(features, random);
  const teacher = Float64Array.from(chosen, (index) => student[index]);
  return { student, teacher, positive: dot(teacher, direction) > 0 };
}

export const experiments = {
  "clean labels": (random, { direction }) => {
    const student = normals(features, random);
    const distance = dot(student, direction);
    return { student, teacher: [distance], positive: distance + random.normal() > 0 };
  },
  "clean features": (random, { direction }) => {
    const teacher = normals(features, random);
    return { student: teacher.map((value) => value + random.normal()), teacher, positive: dot(teacher, direction) > 0 };
  },
  "relevant features": (random, { direction, fixed }) => decidedBy(fixed, { direction, random }),
  "sample-dependent features": (random, { direction }) => decidedBy(someFeatures(random), { direction, random }),
} satisfies Record<string, Draw>;

export type Experiment = keyof typeof experiments;

function drawSamples(draw: Draw, { count, random, task }: {
  count: number;
  random: Random;
  task: { direction: Float64Array; fixed: number[] };
}): Samples {
  const drawn = Array.from({ length: count }, () => draw(random, task));
  return {
    student: table(drawn[0].student.length, drawn.map(({ student }) => student)),
    teacher: table(drawn[0].teacher.length, drawn.map(({ teacher }) => teacher)),
    labels: Uint8Array.from(drawn, ({ positive }) => positive ? 1 : 0),
  };
}

/** Moves and scales the columns of both by mean and deviation of `train`. */
function standardise(train: Table, test: Table): void {
  const { values, width } = train;
  const rows = values.length / width;
  for (let column = 0; column < width; column++) {
    let sum = 0;
    let squares = 0;
    for (let at = column; at < values.length; at += width) {
      sum += values[at];
      squares += values[at] ** 2;
    }
    const mean = sum / rows;
    const deviation = Math.sqrt(squares / rows - mean ** 2);
    for (const { values } of [train, test]) {
      for (let at = column; at < values.length; at += width) values[at] = (values[at] - mean) / deviation;
    }
  }
}

/** Probability of class 1: the softmax of two linear scores is the logistic function of their difference. */
type Model = (row: Float64Array) => number;

const logistic = (score: number) => 1 / (1 + Math.exp(-score));

/** Fits a linear model to probabilities of class 1 by RMSprop on the cross-entropy, all samples in each step. */
function fit({ values, width }: Table, targets: ArrayLike<number>, { rate, steps }: FitOptions): Model {
  const rows = Array.from(
    { length: values.length / width },
    (_, row) => Float64Array.from([...values.subarray(row * width, (row + 1) * width), 1]),
  );
  const weights = new Float64Array(width + 1);
  const squares = new Float64Array(width + 1);
  const gradient = new Float64Array(width + 1);
  for (let step = 0; step < steps; step++) {
    gradient.fill(0);
    for (const [index, row] of rows.entries()) {
      const error = (logistic(dot(row, weights)) - targets[index]) / rows.length;
      for (let at = 0; at <= width; at++) gradient[at] += error * row[at];
    }
    for (let at = 0; at <= width; at++) {
      squares[at] = 0.9 * squares[at] + 0.1 * gradient[at] ** 2;
      weights[at] -= rate * gradient[at] / (Math.sqrt(squares[at]) + 1e-7);
    }
  }
  const bias = weights[width];
  return (row) => logistic(dot(row, weights.subarray(0, width)) + bias);
}

function predict({ values, width }: Table, model: Model): Float64Array {
  return Float64Array.from(
    { length: values.length / width },
    (_, row) => model(values.subarray(row * width, (row + 1) * width)),
  );
}

function accuracyOf(probabilities: Float64Array, labels: Uint8Array): number {
  const correct = probabilities.reduce((sum, value, at) => sum + Number(value > 0.5 === (labels[at] === 1)), 0);
  return correct / labels.length;
}

interface FitOptions {
  rate: number;
  steps: number;
}

/** Share of test samples that are classified right, mean over repeats. */
export interface PrivilegedResult {
  /** The teacher, on x*. */
  privileged: number;
  /** A student by the labels, on x. */
  regular: number;
  /** A student by the teacher's soft labels (imitation 1, temperature 1), on x. */
  distilled: number;
}

export interface PrivilegedOptions extends Partial<FitOptions> {
  experiment: Experiment;
  repeats: number;
  trainSamples?: number;
  testSamples?: number;
  seed: number;
}

/** Runs an experiment; the paper's sizes are the defaults (200 training samples, 10,000 for testing). */
export function runPrivileged(options: PrivilegedOptions): PrivilegedResult {
  const { experiment, rate = 0.01, repeats, seed, steps = 1000, testSamples = 10_000, trainSamples = 200 } = options;
  const random = new Random(seed);
  const sums = { privileged: 0, regular: 0, distilled: 0 };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const task = { direction: normals(features, random), fixed: someFeatures(random) };
    const draw: Draw = experiments[experiment];
    const train = drawSamples(draw, { count: trainSamples, random, task });
    const test = drawSamples(draw, { count: testSamples, random, task });
    standardise(train.student, test.student);
    standardise(train.teacher, test.teacher);
    const teacher = fit(train.teacher, train.labels, { rate, steps });
    const soft = predict(train.teacher, teacher);
    sums.privileged += accuracyOf(predict(test.teacher, teacher), test.labels);
    const score = (model: Model) => accuracyOf(predict(test.student, model), test.labels);
    sums.regular += score(fit(train.student, train.labels, { rate, steps }));
    sums.distilled += score(fit(train.student, soft, { rate, steps }));
  }
  return {
    privileged: sums.privileged / repeats,
    regular: sums.regular / repeats,
    distilled: sums.distilled / repeats,
  };
}
