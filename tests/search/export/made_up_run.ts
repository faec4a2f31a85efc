// A finished run on data of its own, without a search: trials as a search would have left them, with random weights.
import { encode as encodePng } from "fast-png";
import { Random } from "../../../src/data/random.ts";
import { prepareDataset } from "../../../src/data/table.ts";
import { encodeSafetensors } from "../../../src/export/safetensors.ts";
import { initialiseWeights, type Weights } from "../../../src/models/weights.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import { resolveRunConfig } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { type RunFolder, runFolder } from "../../../search/run_folder.ts";
import { saveTeachers, saveTestAccuracies } from "../../../search/reported_teachers.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { idxBytes } from "../../src/data/sample_files.ts";
import { madeUpMeasurement } from "../measurements.ts";
import { fixtureTrial } from "../report/fixtures.ts";

export const side = 12;

/** Nothing that a page or a card may take for markup. */
export const hostileNames = ["a<b>&\"'", "</script><script>alert(1)</script>", "| ![x](y) |"];

/** A network of 12x12 images in three classes. */
export function network(channels: number): Architecture {
  return {
    version: 1,
    input: { height: side, width: side, channels },
    classes: hostileNames.length,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 6, activation: "relu6" },
      { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 1, activation: "relu" },
      { op: "squeezeExcite", inputs: [1], squeezeChannels: 2 },
      { op: "subsample", inputs: [2], stride: 2, channels: 9 },
      { op: "maxPool", inputs: [3], kernel: 3, stride: 1 },
      { op: "globalAveragePool", inputs: [4] },
      { op: "dropout", inputs: [5], rate: 0.2 },
      { op: "dense", inputs: [6], units: hostileNames.length },
    ],
  };
}

/** Random pictures, of which each class has a brightness of its own. */
async function writeGreyFolder(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const random = new Random(7);
  const count = 90;
  const pixels = Uint8Array.from(
    { length: count * side * side },
    (_, index) => Math.floor(random.next() * 100) + 70 * (Math.floor(index / side / side) % 3),
  );
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 3);
  await Deno.writeFile(`${folder}/train-images-idx3-ubyte`, idxBytes([count, side, side], pixels));
  await Deno.writeFile(`${folder}/train-labels-idx1-ubyte`, idxBytes([count], labels));
}

async function writeColourFolder(folder: string): Promise<void> {
  const random = new Random(8);
  for (const [label, name] of hostileNames.entries()) {
    // A slash cannot be in a folder's name.
    const place = `${folder}/${label} ${name.replaceAll("/", "∕")}`;
    await Deno.mkdir(place, { recursive: true });
    for (let image = 0; image < 30; image++) {
      const data = Uint8Array.from(
        { length: side * side * 3 },
        (_, index) => Math.floor(random.next() * 150) + (index % 3 === label ? 100 : 0),
      );
      await Deno.writeFile(
        `${place}/${image}.png`,
        encodePng({ width: side, height: side, channels: 3, depth: 8, data }),
      );
    }
  }
}

export interface MadeUpRun {
  dataDir: string;
  paths: RunFolder;
  architecture: Architecture;
  /** Of trial 1 amid the search. */
  weights: Weights;
  /** Of trial 1 after the search. */
  finalWeights: Weights;
}

/**
 * Run "made-up" in a data folder, which is removed after `body`. Search: 1 completed with both weights, 2 completed without,
 * 3 a duplicate of 1, 4 failed, 5 completed with weights and the lowest reward; baseline 1 with weights.
 */
export async function withRun(
  body: (run: MadeUpRun) => void | Promise<void>,
  { channels = 1 }: { channels?: 1 | 3 } = {},
): Promise<void> {
  const dataDir = await Deno.realPath(await Deno.makeTempDir({ prefix: "nacre-export-test-" }));
  try {
    const dataset = `${dataDir}/images`;
    await (channels === 1 ? writeGreyFolder(dataset) : writeColourFolder(dataset));
    const paths = runFolder(dataDir, "made-up");
    await Deno.mkdir(`${paths.folder}/weights`, { recursive: true });
    const architecture = network(channels);
    const weights = initialiseWeights(architecture, 1, { randomStatistics: true });
    const finalWeights = initialiseWeights(architecture, 2, { randomStatistics: true });
    const write = (path: string, one: Weights) => Deno.writeFile(path, encodeSafetensors(architecture, one));
    await write(paths.weights("search", 1, "trial"), weights);
    await write(paths.weights("search", 1, "final"), finalWeights);
    await write(paths.weights("search", 5, "trial"), initialiseWeights(architecture, 5));
    await write(paths.weights("baseline", 1, "trial"), weights);

    using store = new RunStore(paths.database);
    const options = { dataset, validationImages: 20, run: "made-up", dataDir };
    store.set("startedAt", "2026-01-02T03:04:05Z");
    store.set("config", resolveRunConfig(searchOptionsSchema.parse(options), { cores: 1 }));
    store.set("state", "complete");
    store.set("dataset", "made-up images");
    const { dataset: { contentHash } } = await prepareDataset(dataset, { cacheDir: `${dataDir}/cache`, log: () => {} });
    store.set("datasetHash", contentHash);
    store.set("targets", [{ device: "here", targetMs: 2, weight: 1 }]);
    saveTeachers(store, [
      { name: "residual teacher", hash: "ab", accuracy: 0.9, parameters: 1000, multiplyAdds: 1000 },
      { name: "residual teacher", hash: "cd", accuracy: 0.88, parameters: 1000, multiplyAdds: 1000 },
    ]);
    saveTestAccuracies(store, [0.89, null]);
    const modelHash = architectureHash(architecture);
    const flags = ["unsteady", "wide-interval"];
    store.saveMeasurements([madeUpMeasurement("here", 1.5, { modelHash, medianMs: 2.12, p90Ms: 10.1, flags })]);
    const common = { architecture, architectureHash: modelHash };
    for (
      const trial of [
        fixtureTrial({ ...common, number: 1, accuracy: 0.8 }),
        fixtureTrial({ ...common, number: 2, accuracy: 0.6 }),
        fixtureTrial({ ...common, number: 3, accuracy: 0.8, duplicateOf: 1 }),
        fixtureTrial({ ...common, number: 4, state: "failed", reason: "the loss is not finite" }),
        fixtureTrial({ ...common, number: 5, accuracy: 0.5 }),
        fixtureTrial({ ...common, number: 1, role: "baseline", batch: -1, label: "reference x0.5", accuracy: 0.7 }),
      ]
    ) store.saveTrial(trial);
    store.saveFinal({
      ...{ trial: 1, role: "search", accuracy: 0.85, testAccuracy: 0.84, steps: 900, trainSeconds: 30 },
      weights: paths.weights("search", 1, "final"),
    });
    await body({ dataDir, paths, architecture, weights, finalWeights });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
