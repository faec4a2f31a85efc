// Architectures as models to be measured: checked before anything is built from them.
import { layoutOf } from "../../src/ops/layout.ts";
import { type Architecture, architectureSchema } from "../../src/schemas/architecture.ts";
import type { Model } from "../../src/schemas/measurement.ts";
import { requireMeasurable } from "./declared_input.ts";
import { bytesText, maximumModelBytes } from "./model_bytes.ts";

const bytesPerValue = 4;
/** Latency does not depend on the weights' values. */
const defaultSeed = 1;

/**
 * RangeError where the nodes of `architecture` do not fit together, or where its weights or one of its values would be
 * larger than a model may be.
 */
export function requireBuildable(architecture: Architecture): void {
  const { height, width, channels } = architecture.input;
  requireMeasurable("the architecture", [1, height, width, channels]);
  const { nodes, parameterCount } = layoutOf(architecture);
  const require = (what: string, values: number) => {
    const bytes = values * bytesPerValue;
    if (bytes > maximumModelBytes) {
      throw new RangeError(`${what} ${bytesText(bytes)}; at most ${bytesText(maximumModelBytes)}`);
    }
  };
  require("its weights take", parameterCount);
  for (const [index, { node, outputShape }] of nodes.entries()) {
    require(`node ${index} (${node.op}) gives`, outputShape.reduce((product, size) => product * size, 1));
  }
}

/** `architecture` as a model with weights from `seed`. Not checked. */
export function architectureModel(name: string, architecture: Architecture, seed = defaultSeed): Model {
  const { height, width, channels } = architecture.input;
  return {
    name,
    source: { kind: "architecture", architecture, seed },
    input: { shape: [1, height, width, channels], seed, channelsFirst: false },
  };
}

/** A checked architecture from the JSON of the file `path`. Error in one line that names it. */
export function parseArchitecture(path: string, json: unknown): Architecture {
  const parsed = architectureSchema.safeParse(json);
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new Error(`${path} is no architecture: ${place.length ? `${place.join(".")}: ` : ""}${message}`);
  }
  try {
    requireBuildable(parsed.data);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  return parsed.data;
}
