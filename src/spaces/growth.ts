// The space of KDAS, "Knowledge Distillation and Architecture Search" with an oracle (1911.13019): a backbone, to
// which layers are added. The paper says which operations there are and that the space has 2^(2L) 7^L networks for L
// layers, not what the two binary choices per layer connect; here they are read as where the layer reads and where it
// adds to.
import * as z from "zod";
import { countMemoryBytes } from "../models/deployed_size.ts";
import { scaleWidth } from "../models/width.ts";
import { countParameters } from "../ops/layout.ts";
import { type Architecture, architectureHash, architectureSchema, canonicalJson } from "../schemas/architecture.ts";
import { firstIssue } from "../schemas/first_issue.ts";
import { growthBackbone, growthBackboneNames } from "./growth_backbone.ts";
import { growNetwork, type GrowthLayer, growthOperations } from "./growth_network.ts";
import { growthPlaces } from "./growth_places.ts";
import { growthSizes } from "./growth_sizes.ts";
import type { SearchSpace, SpaceDecision, SpaceOptions } from "./space.ts";
import { checkTokens } from "./tokens.ts";

const inputs = ["after", "beside"] as const;
const outputs = ["here", "onward"] as const;
const decisionsPerLayer = 3;

/** Options of the space `growth`. */
export const growthOptionsSchema = z.strictObject({
  backbone: z.union([z.enum(growthBackboneNames), architectureSchema], {
    error: ({ input }) => {
      const { error } = architectureSchema.safeParse(input);
      if (error && typeof input === "object" && input !== null) return `no Architecture: ${firstIssue(error)}`;
      return `expected ${growthBackboneNames.join(", ")}, an Architecture, or, in a search, a .json file with one`;
    },
  }).default("auto").meta({
    allowed: `${growthBackboneNames.join(", ")}, an Architecture or, in a search, a .json file with one`,
    description: "the network that grows; auto: resnet20 for colour images of 32 pixels, else a narrow resnet8",
  }),
  layers: z.int().min(1).max(24).default(6).describe("places where the search may add a layer, spread over the blocks"),
  maxParameters: z.int().min(1).optional().describe("no network with more parameters is proposed"),
  maxMemoryBytes: z.int().min(1).optional()
    .describe("no network whose weights and activations take more bytes in an inference is proposed"),
  weights: z.string().min(1).optional().meta({
    allowed: "the path of a file",
    description: "of a search: the backbone with its weights, a Nacre checkpoint or published ones of a CIFAR ResNet",
  }),
});

export type GrowthOptions = z.output<typeof growthOptionsSchema>;

function layerDecisions(layer: number): SpaceDecision[] {
  const name = `layer${layer + 1}`;
  return [
    { name: `${name}.operation`, choices: growthOperations },
    { name: `${name}.input`, choices: inputs },
    { name: `${name}.output`, choices: outputs },
  ];
}

/** The decisions of the space without their masks, which alone depend on the backbone. */
export function growthDecisions({ layers }: Pick<GrowthOptions, "layers">): SpaceDecision[] {
  return Array.from({ length: layers }, (_, layer) => layerDecisions(layer)).flat();
}

function layersOf(tokens: readonly number[]): GrowthLayer[] {
  return Array.from({ length: tokens.length / decisionsPerLayer }, (_, layer) => {
    const [operation, input, output] = tokens.slice(layer * decisionsPerLayer, (layer + 1) * decisionsPerLayer);
    return { operation: growthOperations[operation], beside: input === 1, onward: output === 1 };
  });
}

function requireFitting(backbone: Architecture, limits: { maxMemoryBytes: number; maxParameters: number }): void {
  const rows = [
    ["maxParameters", limits.maxParameters, countParameters(backbone), "parameters"],
    ["maxMemoryBytes", limits.maxMemoryBytes, countMemoryBytes(backbone), "bytes of memory"],
  ] as const;
  for (const [option, limit, actual, what] of rows) {
    if (actual > limit) {
      throw new RangeError(`${option}: the backbone alone has ${actual} ${what}, allowed are ${limit}`);
    }
  }
}

/**
 * The space `growth`. Three decisions per layer: its operation; `after` or `beside` its block, reading what leaves or
 * what enters it; added `here` alone, or `onward` to the next place of its shape as well. Masks leave out connections
 * of an identity, those that shapes do not allow, and all that would break a budget. Networks only grow: each contains
 * the backbone, and with weights from `inheritWeights` begins as a copy of it. RangeError where the backbone does not
 * take the images or classes, or breaks the budget itself.
 */
export function createGrowthSpace(io: SpaceOptions, options: GrowthOptions): SearchSpace {
  const { layers, maxMemoryBytes = Infinity, maxParameters = Infinity, weights } = options;
  if (weights !== undefined) {
    throw new RangeError(`weights: ${weights} is opened by searches; give the backbone's Architecture here`);
  }
  const backbone = growthBackbone(io, options.backbone);
  const places = growthPlaces(backbone, layers);
  const grow = (tokens: readonly number[]) => growNetwork(backbone, places, layersOf(tokens));
  requireFitting(backbone, { maxMemoryBytes, maxParameters });
  const sizeOf = maxMemoryBytes < Infinity || maxParameters < Infinity ? growthSizes(backbone, places) : undefined;
  const allowed = (tokens: readonly number[]): boolean => {
    if (sizeOf === undefined) return true;
    const { memoryBytes, parameters } = sizeOf(tokens);
    return parameters <= maxParameters && memoryBytes <= maxMemoryBytes;
  };

  // Tokens are legal where the smallest network that they can still become keeps the budget: what comes later only adds,
  // but for where a layer reads. What enters a block can be narrower than what leaves it, or is kept for longer.
  const decisions = places.flatMap(({ next, stride }, layer): SpaceDecision[] => {
    type IsLegal = (before: readonly number[], token: number) => boolean;
    const isAdded = (before: readonly number[]) => before[layer * decisionsPerLayer] !== 0;
    const reads: IsLegal = (before, token) =>
      isAdded(before) ? (token === 0 || stride !== undefined) && allowed([...before, token]) : token === 0;
    const adds: IsLegal = (before, token) => token === 0 || inputs.some((_, input) => reads([...before, token], input));
    const goesOn: IsLegal = (before, token) =>
      token === 0 || (next !== undefined && isAdded(before) && allowed([...before, token]));
    const rules = [adds, reads, goesOn];
    return layerDecisions(layer).map((decision, index) => ({
      ...decision,
      legal: (before) => decision.choices.map((_, token) => rules[index](before, token)),
      isLegal: rules[index],
    }));
  });

  /** The first tokens whose network `architecture` is; its nodes are built layer by layer. */
  function findTokens(architecture: Architecture): number[] | undefined {
    const wanted = architecture.nodes.map(({ tap: _tap, ...node }) => canonicalJson(node));
    const hash = architectureHash(architecture);
    const search = (tokens: readonly number[]): number[] | undefined => {
      const network = grow(tokens);
      const layer = tokens.length / decisionsPerLayer;
      if (layer === layers) return architectureHash(network) === hash ? [...tokens] : undefined;
      // What lies before the places to come is as it will be: it has to agree.
      const settled = settledNodes(tokens);
      if (!network.nodes.slice(0, settled).every(({ tap: _tap, ...node }, i) => canonicalJson(node) === wanted[i])) {
        return undefined;
      }
      for (const operation of growthOperations.keys()) {
        for (const input of operation === 0 || places[layer].stride === undefined ? [0] : [0, 1]) {
          for (const output of operation === 0 || places[layer].next === undefined ? [0] : [0, 1]) {
            const found = search([...tokens, operation, input, output]);
            if (found) return found;
          }
        }
      }
      return undefined;
    };
    return search([]);
  }

  /** Nodes at the front of the network of `tokens` that later layers leave as they are, but for taps. */
  function settledNodes(tokens: readonly number[]): number {
    const { end } = places[tokens.length / decisionsPerLayer];
    const front = { ...backbone, nodes: backbone.nodes.slice(0, end + 1) };
    return growNetwork(front, places, layersOf(tokens)).nodes.length;
  }

  return {
    name: "growth",
    decisions,
    backbone,
    decode(tokens) {
      checkTokens("growth", decisions, tokens);
      return { ...grow(tokens), origin: { space: "growth", tokens: [...tokens] } };
    },
    encode(architecture) {
      const { origin } = architecture;
      const found = origin?.space === "growth" && isGrownFrom(origin.tokens, architecture)
        ? [...origin.tokens]
        : findTokens(architecture);
      if (!found) throw new RangeError("this network is not in the space growth");
      checkTokens("growth", decisions, found);
      return found;
    },
    reference: (width) => scaleWidth(backbone, width),
  };

  function isGrownFrom(tokens: readonly number[], architecture: Architecture): boolean {
    return tokens.length === decisions.length &&
      tokens.every((token, index) => token < decisions[index].choices.length) &&
      architectureHash(grow(tokens)) === architectureHash(architecture);
  }
}
