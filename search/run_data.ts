// The data of a run.
import { UsageError } from "../src/cli/usage_error.ts";
import type { Dataset } from "../src/data/dataset.ts";
import { UnusableDataError } from "../src/data/source.ts";
import { prepareDataset } from "../src/data/table.ts";
import { prepareTrainingData, type TrainingData } from "../src/data/training_data.ts";
import type { RunContext } from "./run_context.ts";

/** The dataset, the same as at the run's first start. UsageError where there is none to learn from by the name given. */
export async function openData(
  { config, emit, signal, store }: RunContext,
): Promise<{ file: string; data: TrainingData }> {
  emit({ type: "phase", phase: "dataset", message: `Opening the dataset (${config.dataset}).` });
  // What "auto" came to at the first start holds for the whole run.
  const name = String(store.get("datasetName") ?? config.dataset);
  const { file, dataset } = await prepareDataset(name, {
    cacheDir: `${config.dataDir}/cache`,
    imageSize: config.imageSize,
    signal,
    log: (message) => emit({ type: "note", message }),
    onProgress: ({ done, total, unit }) => emit({ type: "progress", phase: "dataset", done, total, unit }),
  }).catch((error) => {
    throw error instanceof UnusableDataError ? new UsageError(`--dataset: ${error.message}`) : error;
  });
  const hash = store.get("datasetHash");
  if (hash !== undefined && hash !== dataset.contentHash) {
    throw new Error(`run "${config.run}" was made on other data than ${dataset.source}; choose another --run`);
  }
  const data = splitData(dataset, config);
  store.set("datasetHash", dataset.contentHash);
  if (config.dataset === "auto") store.set("datasetName", dataset.name);
  store.set("dataset", describeData(dataset, data));
  emit({ type: "note", message: describeData(dataset, data) });
  return { file, data };
}

function splitData(dataset: Dataset, { dataSeed, validationImages }: RunContext["config"]): TrainingData {
  try {
    return prepareTrainingData(dataset, { seed: dataSeed, validationImages });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(`--dataset: ${error.message}`) : error;
  }
}

function describeData(dataset: Dataset, { train, validation }: TrainingData): string {
  const { height, width, channels, classNames, name, source, test } = dataset;
  const counts = `${train.length} training, ${validation.length} validation, ${test.count} test images`;
  return `${name}: ${counts} of ${height}x${width}x${channels} in ${classNames.length} classes (${source})`;
}
