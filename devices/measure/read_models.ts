import type { Architecture } from "../../src/schemas/architecture.ts";
import type { Model } from "../../src/schemas/measurement.ts";
import { architectureModel } from "../models/architecture_model.ts";
import { readModel } from "../models/read_model.ts";

/** What is to be timed: the path of a model, or an architecture with the name that tables call it by. */
export type ModelSource = string | { name: string; architecture: Architecture };

/** All models that could be read, and in one line each why the others could not. */
export interface ReadModels {
  models: Model[];
  /** Where their files lie, by SHA-256. */
  files: Map<string, string>;
  failures: { model: string; error: string }[];
}

const longestName = 200;

/** Reads models of which each gets a name of its own: where two files are called alike, their paths. */
export async function readModels(
  sources: readonly ModelSource[],
  options: { inputShape?: readonly number[] } = {},
): Promise<ReadModels> {
  const files = new Map<string, string>();
  const failures: ReadModels["failures"] = [];
  const read: { source: ModelSource; model: Model }[] = [];
  for (const source of sources) {
    try {
      if (typeof source === "string") {
        const { model, files: own } = await readModel(source, options);
        for (const [sha256, path] of own) files.set(sha256, path);
        read.push({ source, model });
      } else read.push({ source, model: architectureModel(source.name, source.architecture) });
    } catch (error) {
      failures.push({ model: typeof source === "string" ? source : source.name, error: (error as Error).message });
    }
  }
  const count = (name: string) => read.filter(({ model }) => model.name === name).length;
  const models = read.map(({ source, model }) =>
    count(model.name) > 1 && typeof source === "string" ? { ...model, name: source.slice(-longestName) } : model
  );
  return { models, files, failures };
}
