// What bench measurement times.
import { referenceNetworks } from "../../devices/references.ts";
import { hashSeed, Random } from "../../src/data/random.ts";
import type { Model } from "../../src/schemas/measurement.ts";
import { createMnasSpace } from "../../src/spaces/mnas.ts";

const image = { height: 32, width: 32, channels: 3 };

/** The student of the search space mnas that `seed` draws. */
export function student(seed: number): Model {
  const space = createMnasSpace({ ...image, classes: 10 });
  const random = new Random(hashSeed(seed, "bench measurement"));
  const architecture = space.decode(space.decisions.map(({ choices }) => random.integer(choices.length)));
  return {
    name: `student ${seed}`,
    source: { kind: "architecture", architecture, seed },
    input: { shape: [1, image.height, image.width, image.channels], seed, channelsFirst: false },
  };
}

/** Seed of the weights that mark the network which plant.ts slows down. */
export const plantedSeed = 505;

/** The small reference network's architecture as a candidate; `planted`: the one that plant.ts slows down. */
export function twin({ planted }: { planted: boolean }): Model {
  const [{ source, input }] = referenceNetworks;
  if (source.kind !== "architecture") throw new Error(`the small reference is of kind ${source.kind}`);
  const seed = planted ? plantedSeed : plantedSeed + 1;
  return { name: planted ? "planted" : "twin", source: { ...source, seed }, input: { ...input, seed } };
}

/** The small reference network, a quarter wider: a network of the references' own kind. */
export function widerReference(): Model {
  const [{ source, input }] = referenceNetworks;
  if (source.kind !== "architecture") throw new Error(`the small reference is of kind ${source.kind}`);
  const nodes = source.architecture.nodes.map((node) =>
    node.op === "conv" ? { ...node, filters: node.filters * 5 / 4 } : node
  );
  return {
    name: "wider reference",
    source: { ...source, architecture: { ...source.architecture, nodes }, seed: 3 },
    input: { ...input, seed: 3 },
  };
}
