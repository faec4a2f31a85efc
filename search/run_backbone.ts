// The network that a growing space starts from: trained once per dataset and recipe, from the labels alone, so that
// searches with different distillers and teachers start from the same weights. Kept beside the teachers.
import { createHash } from "node:crypto";
import { viewsVersion } from "../src/data/augmentation.ts";
import { hashSeed } from "../src/data/random.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import {
  fileHash,
  readTeacher,
  type TeacherPlace,
  type TeacherRecipe,
  type TeacherRecord,
  teacherThreads,
  writeTeacher,
} from "../src/distill/built_in_teacher.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { encodeSafetensors } from "../src/export/safetensors.ts";
import type { Weights } from "../src/models/weights.ts";
import { writeWhole } from "../src/data/write_whole.ts";
import { adaptationOf } from "../src/schemas/teacher_fields.ts";
import { type Architecture, architectureHash, contentHash } from "../src/schemas/architecture.ts";
import type { TrainerPool } from "./trainers/pool.ts";

/** A trained backbone; `file` goes into a job's `startFrom`. */
export type Backbone = TeacherRecord & { file: string; cached: boolean };

export interface BackboneOptions {
  pool: Pick<TrainerPool, "openTeachers" | "train">;
  data: TrainingData;
  cacheDir: string;
  /** How it is trained, on the prepared dataset file. */
  job: Omit<TeacherRecipe, "network"> & { dataset: string };
  /** The space's `backbone`. */
  architecture: Architecture;
  /** Its weights where they are given: it is not trained then, but scored. */
  weights?: Weights;
  /** One from before this time, in milliseconds since 1970, is trained anew. */
  freshSince?: number;
  /** Takes a line on what it scored and where it came from. */
  onNote?: (line: string) => void;
}

function bytesHash(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Seed of the backbone: that of all searches with one data seed. */
export function backboneSeed(dataSeed: number): number {
  return hashSeed(dataSeed, "backbone");
}

function backbonePlace(options: BackboneOptions): TeacherPlace {
  const { architecture, cacheDir, data: { dataset, rendering }, job, weights } = options;
  const { dataset: _file, ...recipe } = job;
  const threads = teacherThreads();
  const { contentHash: content, augmentation } = dataset;
  const seen = rendering === undefined || rendering === "plain" ? {} : { rendering };
  const of = {
    architecture: architectureHash(architecture),
    dataset: content,
    augmentation,
    viewsVersion,
    recipe,
    threads,
    ...seen,
    ...(weights && { weights: bytesHash(encodeSafetensors(architecture, weights)) }),
  };
  const path = `${cacheDir}/backbones/${contentHash(of).slice(0, 16)}`;
  return { architecture, threads, file: `${path}.safetensors`, record: `${path}.json` };
}

/** Trains the backbone into `place`, or writes the given weights there; what either took, and the accuracy. */
async function makeBackbone(
  { architecture, job, pool, weights }: BackboneOptions,
  { file, threads }: TeacherPlace,
): Promise<{ accuracy: number; seconds: number }> {
  if (!weights) {
    return await pool.train({
      ...job,
      kind: "train",
      architecture,
      distiller: "none",
      distillerOptions: {},
      weights: file,
      test: false,
      threads,
    }, "backbone");
  }
  await writeWhole(file, encodeSafetensors(architecture, weights));
  const { batchSize, dataSeed, dataset, validationImages } = job;
  const [{ accuracy }] = await pool.openTeachers({
    ...{ kind: "teachers", dataset, dataSeed, validationImages, batchSize },
    teachers: [{ name: "backbone", file }],
    adaptation: adaptationOf({ teacherResize: false, teacherColours: false }),
  });
  if (accuracy === undefined) throw new Error(`the backbone in ${file} was not scored`);
  return { accuracy, seconds: 0 };
}

/** The backbone of a growing space, from the cache or trained now. Rejects with a JobError where training fails. */
export async function ensureBackbone(options: BackboneOptions): Promise<Backbone> {
  const { architecture, onNote } = options;
  const place = backbonePlace(options);
  const { file, threads } = place;
  const known = await readTeacher(place, options.freshSince);
  const tell = ({ accuracy, parameters }: TeacherRecord, origin: string) =>
    onNote?.(
      `Backbone: ${parameters} parameters, ${(100 * accuracy).toFixed(1)} % on validation, ${origin}; ` +
        "students start from its weights.",
    );
  if (known) {
    tell(known, "from the cache");
    return { ...known, file, cached: true };
  }
  const { accuracy, seconds } = await makeBackbone(options, place);
  const record = {
    name: "backbone",
    accuracy,
    parameters: countParameters(architecture),
    multiplyAdds: countMultiplyAdds(architecture),
    seconds,
    threads,
    hash: await fileHash(file),
  };
  await writeTeacher(place, record);
  tell(record, options.weights ? "as given" : `trained in ${Math.round(seconds)} s`);
  return { ...record, file, cached: false };
}
