// A teacher of another modality: of each image it sees its own rendering, whatever the student sees.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { BatchReader } from "../data/batch_reader.ts";
import type { RenderingName } from "../data/renderings.ts";
import type { TrainingData } from "../data/training_data.ts";
import type { Teacher } from "./teacher.ts";

export interface RenderedTeacherOptions {
  /** The student's data, in which images are read again. */
  data: TrainingData;
  rendering: RenderingName;
  /** Images per request at most. */
  batchSize: number;
}

/**
 * `teacher` on its own rendering of the same images in the same views. It cannot predict other images, which are given
 * in one rendering only. `teacher` stays the caller's. RangeError where it does not look at images (a table of logits).
 */
export function renderedTeacher(teacher: Teacher, { batchSize, data, rendering }: RenderedTeacherOptions): Teacher {
  const { gives, name, taps, views } = teacher;
  if (!teacher.predict) {
    throw new RangeError(`${name} cannot be shown ${rendering} images: it does not answer by the images it is given`);
  }
  const reader = new BatchReader({ ...data, rendering }, batchSize);
  return {
    name: `${name} on ${rendering} images`,
    hash: bytesToHex(sha256(new TextEncoder().encode(`${teacher.hash} ${rendering}`))),
    taps,
    gives,
    ...(views !== undefined && { views }),
    outputs(request) {
      const { images } = reader.read(data.dataset.train, request.indices, request.view);
      return teacher.outputs({ ...request, images });
    },
    dispose() {},
  };
}
