// What is to be known of an exported student, for programs; card_markdown.ts is the same for people.
import type { ModelExport } from "../../src/export/export_model.ts";
import { exportTolerance } from "../../src/export/export_model.ts";
import { howToRead } from "../../src/export/how_to_read.ts";
import type { TrainingData } from "../../src/data/training_data.ts";
import { batchNormEpsilon } from "../../src/ops/normalised.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { ExportFormatName } from "../../src/schemas/export_options.ts";
import type { Measurement } from "../../src/schemas/measurement.ts";
import { isAccuracyAlone, type RunConfig } from "../../src/schemas/run_config.ts";
import { latencyInterval } from "../latency/measurement_on.ts";
import { allTargets } from "../run_devices.ts";
import { type ReportedTeacher, reportedTeachers } from "../reported_teachers.ts";
import type { RunStore } from "../store/run_store.ts";
import { longerStart } from "../warm_start.ts";
import type { ChosenStudent } from "./chosen_student.ts";

/** A measurement of the student, without its samples. */
export interface CardLatency {
  device: string;
  description: string;
  runtime: string;
  backend: string;
  /** The exported format whose files do what was timed, kernel by kernel. */
  form: ExportFormatName;
  protocol: string;
  profile: string;
  /** At the device's nominal speed, so freed of its drift, with its 95 % interval: what the run used. */
  latencyMs: number;
  lowMs: number;
  highMs: number;
  /** As timed, drift and all. */
  medianMs: number;
  p90Ms: number;
  /** On the scale of `latencyMs`; null where the run's reward was accuracy alone. */
  targetMs: number | null;
  /** Named reasons for doubt. */
  flags: string[];
  measuredAt: string;
}

/** The largest difference of an exported form; a failed one was not written. */
export type CardFormat =
  | ModelExport
  | { format: ExportFormatName; failed: string };

/** What the student learned from. */
export interface CardTeacher extends Pick<ReportedTeacher, "accuracy" | "hash" | "name" | "testAccuracy"> {
  /** As the run was told; of a teacher of the user's only. */
  files?: string[];
}

export interface Card {
  format: "nacre-card";
  version: 2;
  createdAt: string;
  run: string;
  role: "search" | "baseline";
  trial: number;
  label: string | null;
  /** Weights of the longer training after the search, or of the short one in it. */
  weights: "final" | "trial";
  architectureHash: string;
  data: { name: string; description: string; contentHash: string; classNames: string[] };
  /** An image is resized, its bytes divided by 255, then per channel the mean taken off and divided by the deviation. */
  input: Architecture["input"] & { colours: "grey" | "RGB"; divideBy: 255; mean: number[]; deviation: number[] };
  output: { name: "logits"; classes: number };
  /** In the run's order; none of a method without one. */
  teachers: CardTeacher[];
  distiller: { name: string; options: Record<string, unknown> };
  training: {
    images: number;
    epochs: number;
    views: number;
    batchSize: number;
    learningRate: number;
    steps: number | null;
    seconds: number | null;
    backend: string | null;
    /** Search trial whose weights the training started from; 0: the backbone; null: random weights. */
    startedFrom: number | null;
  };
  accuracy: {
    /** Of these weights on the validation images. */
    validation: number;
    validationImages: number;
    /** Of these weights on the test images, read once. */
    test: number | null;
    testImages: number;
    /** By the deployed form, as it was exported, on the first so many validation images. */
    recomputed: { images: number; accuracy: number };
  };
  latency: CardLatency[];
  size: { parameters: number; multiplyAdds: number; memoryBytes: number; downloadBytes: number };
  formats: CardFormat[];
  /** What the weights mean that are not folded; null where that format was not written. */
  safetensors: { batchNormEpsilon: number; howToRead: string } | null;
  /** Of the largest logit. */
  tolerance: number;
}

export function isWritten(formats: readonly CardFormat[], format: ExportFormatName): boolean {
  return formats.some((one) => one.format === format && !("failed" in one));
}

export interface CardFacts {
  run: string;
  student: ChosenStudent;
  data: TrainingData;
  recomputed: Card["accuracy"]["recomputed"];
  formats: CardFormat[];
  now: Date;
}

/** A runtime of TF.js runs the kernels that the graph names; one of onnxruntime is given the ONNX file itself. */
function measuredForm(runtime: Measurement["runtime"]): ExportFormatName {
  return runtime.startsWith("onnxruntime") ? "onnx" : "tfjs-graph";
}

function latencyOf(measurement: Measurement, targetMs: number | null): CardLatency {
  const { backend, device, flags, latencyMs, measuredAt, medianMs, p90Ms, profile, protocol, runtime } = measurement;
  const [lowMs, highMs] = latencyInterval(measurement);
  return {
    device: device.name,
    description: device.description,
    form: measuredForm(runtime),
    ...{ runtime, backend, protocol, profile, latencyMs, lowMs, highMs, medianMs, p90Ms, targetMs, flags, measuredAt },
  };
}

/** A run has automatic teachers or those of its user's files, each of one file, in the order of the options. */
function teachersOf(store: RunStore, { teacher }: RunConfig): CardTeacher[] {
  const files = teacher.filter((name) => name !== "auto");
  return reportedTeachers(store).map(({ accuracy, hash, name, testAccuracy }, index) => ({
    ...{ name, accuracy, testAccuracy, hash },
    ...(index < files.length && { files: [files[index]] }),
  }));
}

/** The card of `student`, from what its run stored. */
export function cardOf(store: RunStore, { data, formats, now, recomputed, run, student }: CardFacts): Card {
  const config = store.get("config") as RunConfig;
  const { final, trial, weights } = student;
  const { dataset, deviation, mean, validation } = data;
  const { architecture } = trial;
  // Where accuracy alone counts, the target is only what a reference network takes.
  const targets = new Map(
    isAccuracyAlone(config) ? [] : allTargets(store).map(({ device, targetMs }) => [device, targetMs]),
  );
  const isFinal = weights === "final";
  return {
    format: "nacre-card",
    version: 2,
    createdAt: now.toISOString(),
    run,
    role: trial.role,
    trial: trial.number,
    label: trial.label ?? null,
    weights,
    architectureHash: architectureHash(architecture),
    data: {
      name: dataset.name,
      description: String(store.get("dataset")),
      contentHash: dataset.contentHash,
      classNames: dataset.classNames,
    },
    input: {
      ...architecture.input,
      colours: architecture.input.channels === 1 ? "grey" : "RGB",
      divideBy: 255,
      mean,
      deviation,
    },
    output: { name: "logits", classes: architecture.classes },
    teachers: teachersOf(store, config),
    distiller: config.distiller,
    training: {
      images: Math.min(isFinal ? config.finalTrainImages : config.trainImages, data.train.length),
      epochs: isFinal ? config.finalEpochs : config.epochs,
      views: config.views,
      batchSize: config.batchSize,
      learningRate: config.learningRate,
      steps: (isFinal ? final?.steps : trial.steps) ?? null,
      seconds: (isFinal ? final?.trainSeconds : trial.trainSeconds) ?? null,
      backend: trial.backend ?? null,
      startedFrom: (isFinal ? longerStart(store, trial) : trial.startedFrom) ?? null,
    },
    accuracy: {
      validation: final?.accuracy ?? trial.accuracy,
      validationImages: validation.length,
      test: final?.testAccuracy ?? null,
      testImages: dataset.test.count,
      recomputed,
    },
    latency: trial.measurements.filter(({ valid }) => valid)
      .map((measurement) => latencyOf(measurement, targets.get(measurement.device.name) ?? null)),
    size: {
      parameters: trial.parameters,
      multiplyAdds: trial.multiplyAdds,
      memoryBytes: trial.memoryBytes,
      downloadBytes: trial.downloadBytes,
    },
    formats,
    safetensors: isWritten(formats, "safetensors") ? { batchNormEpsilon, howToRead: howToRead(architecture) } : null,
    tolerance: exportTolerance,
  };
}

/**
 * Whether the exported form scores otherwise than the run says, by more than the chance of which images were scored again and
 * than rounding: then weights, data or their scaling are not those of the run.
 */
export function scoresOtherwise({ recomputed, validation, validationImages }: Card["accuracy"]): boolean {
  const { accuracy, images } = recomputed;
  const isSample = images < validationImages;
  const deviation = isSample ? Math.sqrt(validation * (1 - validation) / images) : 0;
  return Math.abs(accuracy - validation) > 4 * deviation + Math.max(0.005, 1.5 / images);
}

/** For instance "trial 3" or "baseline 2, reference x0.5". */
export function studentName({ label, role, trial }: Pick<Card, "label" | "role" | "trial">): string {
  return `${role === "search" ? "trial" : "baseline"} ${trial}${label === null ? "" : `, ${label}`}`;
}
