// Transfer learning by distillation: the first stage of a two-stage method (FSP, hints) leaves a body that is like the
// teacher's on one data set, and a training on another one starts there (Yim et al. 2017, section 4.3; Romero et al. 2015).
import type { Distillation, Distiller } from "../distillation/distiller.ts";
import { hashSeed } from "../data/random.ts";
import type { Weights } from "../engine/network.ts";
import { initialiseWeights } from "../models/weights.ts";
import { layoutOf, type PlacedWeight } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { train, type Trained, type TrainOptions } from "../training/train.ts";

/**
 * `distiller`'s first phase alone, over the whole training. It rejects with a RangeError where the method has no phase
 * before the one that trains for the task.
 */
export function initialising(distiller: Distiller): Distiller {
  return {
    ...distiller,
    name: `${distiller.name} (initialisation)`,
    async prepare(context): Promise<Distillation> {
      const distillation = await distiller.prepare(context);
      const [first] = distillation.phases;
      if (first.taskWeight !== 0) {
        distillation.dispose();
        throw new RangeError(`${distiller.name} has no stage without the task's loss that could initialise a student`);
      }
      return { phases: [{ ...first, share: 1 }], dispose: () => distillation.dispose() };
    },
  };
}

function copyAlike(
  from: { weights: readonly PlacedWeight[]; values: Float32Array },
  to: { weights: readonly PlacedWeight[]; values: Float32Array },
): void {
  for (const [index, { offset, size }] of from.weights.entries()) {
    to.values.set(from.values.subarray(offset, offset + size), to.weights[index].offset);
  }
}

/**
 * Weights for `to` that begin with those of `from`: node by node as long as both have the same weights, up to the first
 * that differs, mostly the classifier; from there on as drawn from `seed`. RangeError where no node agrees.
 */
export function transferWeights(
  from: { architecture: Architecture; weights: Weights },
  to: { architecture: Architecture; seed: number },
): Weights {
  const source = layoutOf(from.architecture).nodes;
  const weights = initialiseWeights(to.architecture, to.seed);
  const shapes = (placed: readonly PlacedWeight[]) => JSON.stringify(placed.map(({ shape }) => shape));
  let copied = 0;
  for (const [index, node] of layoutOf(to.architecture).nodes.entries()) {
    const other = source[index];
    const alike = other?.node.op === node.node.op && shapes(other.parameters) === shapes(node.parameters);
    if (!alike) break;
    for (const kind of ["parameters", "statistics"] as const) {
      copyAlike(
        { weights: other[kind], values: from.weights[kind] },
        { weights: node[kind], values: weights[kind] },
      );
    }
    copied += node.parameters.length;
  }
  if (copied === 0) throw new RangeError("no weights can be transferred: the networks' first nodes differ");
  return weights;
}

/**
 * Trains `architecture` with the first phase of `distiller` on the options' data and teachers, and gives weights to start
 * from on another data set, `next`: images of the same size, classes of its own. Throws as `train` does.
 */
export async function initialiseFrom(
  architecture: Architecture,
  { next, ...options }: TrainOptions & { next: Architecture },
): Promise<Trained> {
  const distiller = initialising(options.distiller);
  const trained = await train(architecture, { ...options, distiller });
  const to = { architecture: next, seed: hashSeed(options.seed, "transfer") };
  return { ...trained, weights: transferWeights({ architecture, weights: trained.weights }, to) };
}
