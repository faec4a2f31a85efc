// What users say of a teacher, and what every kind of file needs of it.
import type { TrainingData } from "../data/training_data.ts";
import type { Engine } from "../engine/network.ts";
import type { ImageAdaptationOptions } from "./image_adaptation.ts";

/** What a user names. */
export interface TeacherSpec {
  path: string;
  /** Of weights that do not hold their network: `resnet20` and the like; found out from the tensors where absent. */
  architecture?: string;
}

export interface OpenTeacherOptions extends ImageAdaptationOptions {
  engine: Engine;
  data: TrainingData;
  /** Images per request at most. */
  batchSize: number;
  /**
   * The teacher's columns that are the data's classes, in their order. Needed where the numbers of classes differ.
   */
  classes?: readonly number[];
  /** Of runtimes other than the engine; 1 by default. */
  threads?: number;
}

const mostBytes = 1 << 30;

/** What the teacher is called: its file's name, or its folder's where the file is a model.json. */
export function nameOf(path: string): string {
  const parts = path.split("/").filter((part) => part && part !== ".");
  const file = parts.at(-1) ?? "teacher";
  return (file === "model.json" ? parts.at(-2) ?? "model" : file).slice(0, 100);
}

/** The bytes of a file; RangeError that begins with `path` where it is larger than 1 GiB. */
export async function readAll(path: string): Promise<Uint8Array> {
  const { size } = await Deno.stat(path);
  if (size > mostBytes) throw new RangeError(`${path}: it is larger than 1 GiB`);
  return await Deno.readFile(path);
}
