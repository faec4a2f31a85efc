// Makes of the models of a session what a runtime can be given, and what it must answer.
import { checkedValues } from "../protocol/check.ts";
import { oneLine } from "../runtimes/one_line.ts";
import { runtimeFamilies, type RuntimeFamily } from "../runtimes/table.ts";
import type { Reference } from "../reference.ts";
import { referenceNetworks } from "../references.ts";
import {
  type MeasuredNetwork,
  type Model,
  type NetworkSource,
  type RuntimeName,
  runtimeSchema,
} from "../../src/schemas/measurement.ts";
import { requireBuildable } from "./architecture_model.ts";
import { requireMeasurable } from "./declared_input.ts";
import { cachedExport, trimExports } from "./export_cache.ts";

/** Models of one session. */
export const maximumModels = 32;

export interface PrepareDependencies {
  dataDir: string;
  reference: Reference;
  /** Where the files of the models lie on this machine, by SHA-256. */
  files: ReadonlyMap<string, string>;
  signal?: AbortSignal;
}

export interface PreparedNetworks {
  /** Small reference, large reference, then the models that can run, in their order. */
  networks: MeasuredNetwork[];
  /** Where the files of `networks` lie on this machine, by SHA-256. */
  files: Map<string, string>;
  /** Of each network: checked values of its outputs beside those of the others, as this machine computes them. */
  expected: number[][];
  /** Of each model: why it cannot run, in one line. */
  errors: (string | undefined)[];
}

interface Prepared {
  network: MeasuredNetwork;
  files: readonly (readonly [sha256: string, path: string])[];
  expected: number[];
}

const descriptions = {
  architecture: "an architecture",
  tfjs: "a TF.js model",
  onnx: "an ONNX file",
} satisfies Record<NetworkSource["kind"], string>;

/** Runtimes of which family take a kind of model; undefined: of both. */
const families = {
  architecture: undefined,
  tfjs: "tfjs",
  onnx: "onnxruntime",
} satisfies Record<NetworkSource["kind"], RuntimeFamily | undefined>;

/** The runtimes that take a model of `kind`. */
export function runtimesFor(kind: NetworkSource["kind"]): RuntimeName[] {
  const family = families[kind];
  return runtimeSchema.options.filter((name) => family === undefined || runtimeFamilies[name] === family);
}

function requireRunnable({ source, input }: MeasuredNetwork, runtime: RuntimeName): void {
  const fitting = runtimesFor(source.kind);
  if (!fitting.includes(runtime)) {
    throw new Error(`${runtime} cannot run ${descriptions[source.kind]}; what can: ${fitting.join(", ")}`);
  }
  if (source.kind === "architecture") requireBuildable(source.architecture);
  else requireMeasurable("the model", input.shape);
}

function filesOf(source: NetworkSource, files: ReadonlyMap<string, string>): Prepared["files"] {
  if (source.kind === "architecture") return [];
  return (source.kind === "onnx" ? [source.file] : source.files).map(({ path, sha256 }) => {
    const place = files.get(sha256);
    if (place === undefined) throw new Error(`its file ${path} is not at hand`);
    return [sha256, place] as const;
  });
}

/** `network` in the form that `runtime` takes. */
async function runnable(
  network: MeasuredNetwork,
  runtime: RuntimeName,
  { dataDir, files }: PrepareDependencies,
): Promise<Pick<Prepared, "network" | "files">> {
  const { source, input } = network;
  if (source.kind !== "architecture" || runtimeFamilies[runtime] === "tfjs") {
    return { network: { source, input }, files: filesOf(source, files) };
  }
  const { file, absolutePath } = await cachedExport(dataDir, source.architecture, source.seed);
  return {
    network: { source: { kind: "onnx", file }, input: { ...input, channelsFirst: true } },
    files: [[file.sha256, absolutePath]],
  };
}

/**
 * Prepares `models` for `runtime`, beside the reference networks. Expected outputs are those of the model itself, whatever
 * form it takes: a device proves the export too. A model that cannot run gets its error, the others go on. RangeError for
 * none or more than 32 models; rejects with the signal's reason when aborted, and where the reference networks fail.
 */
export async function prepareNetworks(
  models: readonly Model[],
  runtime: RuntimeName,
  dependencies: PrepareDependencies,
): Promise<PreparedNetworks> {
  if (models.length < 1 || models.length > maximumModels) {
    throw new RangeError(`a session times 1 to ${maximumModels} models, got ${models.length}`);
  }
  const { reference, signal } = dependencies;
  const prepare = async (network: MeasuredNetwork): Promise<Prepared> => {
    signal?.throwIfAborted();
    requireRunnable(network, runtime);
    const form = await runnable(network, runtime, dependencies);
    return { ...form, expected: await reference.outputs(network, dependencies.files, { signal }) };
  };

  const prepared: Prepared[] = [];
  for (const network of referenceNetworks) prepared.push(await prepare(network));
  const errors: (string | undefined)[] = [];
  for (const { source, input } of models) {
    try {
      prepared.push(await prepare({ source, input }));
      errors.push(undefined);
    } catch (error) {
      signal?.throwIfAborted();
      errors.push(oneLine(error));
    }
  }
  await trimExports(dependencies.dataDir);
  return {
    networks: prepared.map(({ network }) => network),
    files: new Map(prepared.flatMap(({ files }) => files)),
    expected: prepared.map(({ expected }) => checkedValues(expected, prepared.length)),
    errors,
  };
}
