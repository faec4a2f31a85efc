// Compares a compiled network with the float64 reference: values, gradients, moving averages.
import { assert, assertEquals } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import type { Engine, Network, TensorData, Weights } from "../../../src/engine/network.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { layoutOf, type PlacedWeight } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { type ReferenceRun, runReference } from "../../src/engine/reference/network.ts";

/** The engine whose networks are checked, and what it is allowed. */
export interface Bench {
  engine: Engine;
  /** Largest difference from the reference, as a share of the largest entry. */
  tolerance: number;
  /** `values` as the engine's networks take gradients. */
  tensor(values: Float32Array): TensorData;
}

/** A case of the contract: throws where the engine breaks it. */
export interface NetworkCase {
  name: string;
  fn(bench: Bench): Promise<void>;
}

/** What a network is compiled for in a check. */
export interface Example {
  architecture: Architecture;
  batchSize: number;
  mode?: "training" | "inference";
  features?: string[];
  gradients?: string[];
  imageGradient?: boolean;
  trainable?: (nodeIndex: number) => boolean;
  weightBits?: number;
}

/** Normal numbers, as float32. */
export function normals(count: number, random: Random, { mean = 0, deviation = 1 } = {}): Float32Array {
  return Float32Array.from({ length: count }, () => mean + deviation * random.normal());
}

/** Weights of which none is 0 or 1, and which drive activations to both of their bends. */
export function randomWeights(architecture: Architecture, seed: number): Weights {
  const weights = initialiseWeights(architecture, seed, { randomStatistics: true });
  const random = new Random(seed + 1000);
  for (const { parameters } of layoutOf(architecture).nodes) {
    for (const { name, offset, size, initial } of parameters) {
      if (!("constant" in initial)) continue;
      const mean = name === "gamma" ? 2 : name === "beta" ? 1.5 : 0.2;
      weights.parameters.set(normals(size, random, { mean, deviation: 0.5 }), offset);
    }
  }
  return weights;
}

/** Images `[batch, height, width, channels]`, flat. */
export function randomImages({ architecture, batchSize }: Example, seed: number): Float32Array {
  const { height, width, channels } = architecture.input;
  return normals(batchSize * height * width * channels, new Random(seed + 2000));
}

/** Nearer to a bend than this, float32 and float64 may go different ways. */
const safeMargin = 3e-5;

/** A network on more pixels makes so many decisions that one of them is always near a bend: more tries gain little. */
const manyPixels = 10_000;

/** Weights and images with which no decision hangs on the last bits, as far as that can be had. */
export function choose(example: Example): { weights: Weights; images: Float32Array; run: ReferenceRun } {
  let best: { weights: Weights; images: Float32Array; run: ReferenceRun } | undefined;
  const { height, width } = example.architecture.input;
  const tries = example.batchSize * height * width < manyPixels ? 30 : 6;
  for (let seed = 1; seed <= tries; seed++) {
    const weights = randomWeights(example.architecture, seed);
    const images = randomImages(example, seed);
    const run = runReference(example.architecture, images, { mode: "training", ...example, weights });
    if (!best || run.margin > best.run.margin) best = { weights, images, run };
    if (best.run.margin > safeMargin) break;
  }
  return best as NonNullable<typeof best>;
}

/** Compiles a network for `example`. */
export function compile({ engine }: Bench, example: Example, weights: Weights): Promise<Network> {
  const { architecture, ...options } = example;
  return engine.compile(architecture, { mode: "training", ...options, weights });
}

function largestOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

/** Fails where an entry differs by more than `tolerance` times the largest of `expected`, or `scale` if that is larger. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { what, tolerance, scale = 0 }: { what: string; tolerance: number; scale?: number },
): void {
  assertEquals(actual.length, expected.length, `${what}: length`);
  const limit = tolerance * Math.max(largestOf(expected), scale, 1e-6);
  for (let index = 0; index < expected.length; index++) {
    const difference = Math.abs(actual[index] - expected[index]);
    if (difference <= limit) continue;
    assert(false, `${what}[${index}] is ${actual[index]}, expected ${expected[index]}, tolerance ${limit}`);
  }
}

/** Compares flat vectors weight by weight, so that a small weight's error is not lost beside a large one. */
export function assertWeightsNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  places: readonly (PlacedWeight & { node: string })[],
  options: { what: string; tolerance: number },
): void {
  const scale = 0.05 * largestOf(expected);
  const take = (values: ArrayLike<number>, { offset, size }: PlacedWeight) =>
    Array.from({ length: size }, (_, index) => values[offset + index]);
  for (const place of places) {
    const what = `${options.what} of ${place.node} ${place.name}`;
    assertNear(take(actual, place), take(expected, place), { ...options, what, scale });
  }
  assertEquals(actual.length, expected.length, `${options.what}: length`);
}

/** All weights of one kind with the names of their nodes. */
export function places(architecture: Architecture, kind: "parameters" | "statistics") {
  return layoutOf(architecture).nodes.flatMap((node, index) =>
    node[kind].map((place) => ({ ...place, node: `${index} ${node.node.op}` }))
  );
}

/** Gradients for the ports that the loss gives gradients of. */
export function portGradients(example: Example, run: ReferenceRun): Record<string, Float32Array> {
  const random = new Random(77);
  const ports = example.gradients ?? ["logits"];
  return Object.fromEntries(ports.map((port) => [port, normals(run.read(port).data.length, random)]));
}

/** Runs `network` on what `run` was run on, forward and backward, and compares everything. */
export async function compareRuns(bench: Bench, example: Example, network: Network, run: ReferenceRun): Promise<void> {
  const { architecture, features = [], imageGradient = false, mode = "training" } = example;
  const { tolerance } = bench;
  for (const port of ["logits", ...features]) {
    assertNear(await network.read(port), run.read(port).data, { what: port, tolerance });
  }
  if (mode === "inference") return;
  const { statistics } = await network.readWeights();
  const averages = places(architecture, "statistics");
  assertWeightsNear(statistics, run.batchStatistics, averages, { what: "moving average", tolerance });
  const upstream = portGradients(example, run);
  const expected = run.backward(upstream);
  network.backward(Object.fromEntries(Object.entries(upstream).map(([port, values]) => [port, bench.tensor(values)])));
  const parameters = places(architecture, "parameters");
  const gradient = await network.readGradient();
  assertWeightsNear(gradient, expected.parameters, parameters, { what: "gradient", tolerance });
  if (!imageGradient) return;
  // Batch norm of a batch of one or two pixels gives a gradient that cancels to nothing but rounding errors.
  const scale = 0.1 * Math.max(...Object.values(upstream).map(largestOf));
  assertNear(await network.readImageGradient(), expected.images.data, { what: "image gradient", tolerance, scale });
}

/** Compiles `example` and compares a step of it with the reference. */
export async function assertLikeReference(bench: Bench, example: Example): Promise<void> {
  const { weights, images, run } = choose(example);
  const network = await compile(bench, example, weights);
  try {
    network.forward(images);
    await compareRuns(bench, example, network, run);
  } finally {
    network.dispose();
  }
}
