// Trainings of a transfer with one seed: a student is made ready on one data set, then trained plainly on few images of
// another.
import { openDataset } from "../../src/data/canonical_file.ts";
import { hashSeed } from "../../src/data/random.ts";
import { prepareTrainingData, type TrainingData } from "../../src/data/training_data.ts";
import { none } from "../../src/distillation/none.ts";
import type { Weights } from "../../src/engine/network.ts";
import { initialiseWeights } from "../../src/models/weights.ts";
import { layoutOf } from "../../src/ops/layout.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { initialiseFrom, transferWeights } from "../../src/tasks/transfer.ts";
import { networkTeacher } from "../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../src/teachers/teacher.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import { evaluate } from "../../src/training/evaluate.ts";
import { buildPredictor } from "../../src/training/predictor.ts";
import { train, type Trained as TrainedWeights } from "../../src/training/train.ts";
import type { Sizes, Trained } from "./job.ts";
import { distillerOf } from "./methods.ts";
import { studentOf, teacherOf } from "./networks.ts";
import type { Row, TransferSetting } from "./settings.ts";
import type { Trainings, TrainingsOptions } from "./task_trainings.ts";

// Nothing is chosen by them.
const validationImages = 100;

/** `weights` with a last layer as drawn from `seed`: where both data sets have as many classes it would go over too. */
export function withFreshClassifier(architecture: Architecture, weights: Weights, seed: number): Weights {
  const fresh = initialiseWeights(architecture, seed);
  const parameters = weights.parameters.slice();
  for (const { offset, size } of layoutOf(architecture).nodes.at(-1)?.parameters ?? []) {
    parameters.set(fresh.parameters.subarray(offset, offset + size), offset);
  }
  return { ...weights, parameters };
}

class TransferTrainings implements Trainings {
  readonly #options: TrainingsOptions;
  readonly #from: TrainingData;
  readonly #to: TrainingData;
  readonly #teacher: Teacher;
  readonly #teacherScores: Record<string, number>;

  constructor({ from, options, teacher, teacherScores, to }: {
    from: TrainingData;
    options: TrainingsOptions;
    teacher: Teacher;
    teacherScores: Record<string, number>;
    to: TrainingData;
  }) {
    this.#options = options;
    this.#from = from;
    this.#to = to;
    this.#teacher = teacher;
    this.#teacherScores = teacherScores;
  }

  async run(row: Row): Promise<Trained> {
    const { seed, sizes } = this.#options;
    const data = this.#to;
    const start = await this.#start(row);
    const architecture = studentOf(data.dataset, data.dataset.classNames.length);
    const accuracyByEpoch: number[] = [];
    const trained = await train(architecture, {
      ...this.#common(),
      data,
      seed,
      trainImages: sizes.trainImages,
      epochs: sizes.epochs,
      distiller: none.create({}),
      weights: start && withFreshClassifier(architecture, start.weights, hashSeed(seed, "classifier")),
      onEpoch: async (_, weights) =>
        void accuracyByEpoch.push(await this.#accuracy(data, { architecture, weights: await weights() })),
    });
    const accuracy = await this.#accuracy(data, { architecture, weights: trained.weights });
    return {
      type: "trained",
      scores: { accuracy },
      teacher: this.#teacherScores,
      accuracyByEpoch,
      loss: trained.loss,
      steps: trained.steps,
      seconds: trained.seconds + (start?.seconds ?? 0),
    };
  }

  /** What the row begins with; nothing for a student from scratch. */
  async #start(row: Row): Promise<TrainedWeights | undefined> {
    if (row.method === "none") return undefined;
    const { seed, sizes } = this.#options;
    const [from, to] = [this.#from, this.#to].map(({ dataset }) => studentOf(dataset, dataset.classNames.length));
    const options = {
      ...this.#common(),
      data: this.#from,
      seed,
      trainImages: sizes.teacherImages,
      epochs: sizes.teacherEpochs,
      distiller: distillerOf(row),
    };
    if (row.method !== "plain") return await initialiseFrom(from, { ...options, teachers: [this.#teacher], next: to });
    const trained = await train(from, options);
    const weights = transferWeights({ architecture: from, weights: trained.weights }, { architecture: to, seed });
    return { ...trained, weights };
  }

  #common() {
    const { engine, sizes: { batchSize, peakLearningRate } } = this.#options;
    return { engine, batchSize, peakLearningRate, views: 1 };
  }

  #accuracy(data: TrainingData, network: { architecture: Architecture; weights: Weights }): Promise<number> {
    return accuracyOf(data, { ...network, ...this.#options });
  }

  dispose(): void {
    this.#teacher.dispose();
  }
}

/** On the first test images. */
async function accuracyOf(
  data: TrainingData,
  { architecture, engine, sizes, weights }: Pick<TrainingsOptions, "engine"> & {
    sizes: Sizes;
    architecture: Architecture;
    weights: Weights;
  },
): Promise<number> {
  const predictor = await buildPredictor(architecture, { engine, weights });
  const { test } = data.dataset;
  const indices = Uint32Array.from({ length: Math.min(sizes.testImages, test.count) }, (_, index) => index);
  return await disposeAfter(predictor, () => evaluate(predictor, data, test, indices));
}

/** Reads both data sets, of which the seed picks the images, and trains the teacher on the first. */
export async function openTransfer(
  { from, to }: TransferSetting,
  { files, ...options }: TrainingsOptions & { files: Record<string, string> },
): Promise<Trainings> {
  const { engine, seed, sizes } = options;
  const { batchSize, peakLearningRate, teacherEpochs, teacherImages } = sizes;
  const open = async (name: string) =>
    prepareTrainingData(await openDataset(files[name]), { seed: hashSeed(seed, "data"), validationImages });
  const [first, second] = [await open(from), await open(to)];
  const architecture = teacherOf(first.dataset, first.dataset.classNames.length);
  const { weights } = await train(architecture, {
    engine,
    data: first,
    batchSize,
    peakLearningRate,
    views: 1,
    seed: hashSeed(seed, "teacher"),
    trainImages: teacherImages,
    epochs: teacherEpochs,
    distiller: none.create({}),
  });
  const accuracy = await accuracyOf(first, { architecture, engine, sizes, weights });
  const teacher = networkTeacher({ name: `the teacher of ${from}`, architecture, weights, engine, batchSize });
  return new TransferTrainings({ from: first, to: second, options, teacher, teacherScores: { accuracy } });
}
