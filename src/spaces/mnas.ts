// MnasNet's factorised hierarchical space (1807.11626): seven blocks, six decisions each.
import { type Architecture, architectureHash, canonicalJson } from "../schemas/architecture.ts";
import { type Block, type ConvOp, type Frame, mobileNetwork, scaleChannels, type Skip } from "./mobile_blocks.ts";
import type { SearchSpace, SpaceDecision, SpaceOptions } from "./space.ts";
import { checkTokens } from "./tokens.ts";

const convOps: readonly ConvOp[] = ["conv", "dconv", "mbconv3", "mbconv6"];
const kernels = [3, 5] as const;
const seRatios = [0, 0.25] as const;
const skips: readonly Skip[] = ["pool", "identity", "none"];
const filterMultipliers = [0.75, 1, 1.25] as const;
const layerDeltas = [-1, 0, 1] as const;
const decisionsPerBlock = 6;

/** The reference network that filters and layers of a form are relative to: MobileNetV2, or a small relative of it. */
interface Form {
  frame: Frame;
  blocks: readonly { convOp: ConvOp; filters: number; layers: number; stride: 1 | 2 }[];
  /** Filters are multiples of this. */
  divisor: number;
}

const forms = {
  imagenet: {
    frame: { stemFilters: 32, headFilters: 1280, activation: "relu" },
    divisor: 8,
    blocks: [
      { convOp: "dconv", filters: 16, layers: 1, stride: 1 },
      { convOp: "mbconv6", filters: 24, layers: 2, stride: 2 },
      { convOp: "mbconv6", filters: 32, layers: 3, stride: 2 },
      { convOp: "mbconv6", filters: 64, layers: 4, stride: 2 },
      { convOp: "mbconv6", filters: 96, layers: 3, stride: 1 },
      { convOp: "mbconv6", filters: 160, layers: 3, stride: 2 },
      { convOp: "mbconv6", filters: 320, layers: 1, stride: 1 },
    ],
  },
  // For images of about 28 to 64 pixels. Widths are chosen so that the three multipliers give three filter counts.
  small: {
    frame: { stemFilters: 16, headFilters: 96, activation: "relu" },
    divisor: 4,
    blocks: [
      { convOp: "dconv", filters: 16, layers: 1, stride: 2 },
      { convOp: "mbconv6", filters: 16, layers: 2, stride: 1 },
      { convOp: "mbconv6", filters: 16, layers: 2, stride: 1 },
      { convOp: "mbconv6", filters: 24, layers: 2, stride: 2 },
      { convOp: "mbconv6", filters: 24, layers: 1, stride: 1 },
      { convOp: "mbconv6", filters: 32, layers: 2, stride: 1 },
      { convOp: "mbconv6", filters: 32, layers: 1, stride: 1 },
    ],
  },
} satisfies Record<string, Form>;

/** Size of the networks: ImageNet's, or one for small images. */
export type MnasForm = keyof typeof forms;

function blockDecisions(form: Form): SpaceDecision[] {
  return form.blocks.flatMap((_block, index) => [
    { name: `block${index + 1}.convOp`, choices: convOps },
    { name: `block${index + 1}.kernel`, choices: kernels },
    { name: `block${index + 1}.seRatio`, choices: seRatios },
    { name: `block${index + 1}.skip`, choices: skips },
    { name: `block${index + 1}.filterMultiplier`, choices: filterMultipliers },
    { name: `block${index + 1}.layerDelta`, choices: layerDeltas },
  ]);
}

/** The space `mnas`: small-image form unless `form` says otherwise. */
export function createMnasSpace(options: SpaceOptions & { form?: MnasForm }): SearchSpace {
  const form: Form = forms[options.form ?? "small"];
  const decisions = blockDecisions(form);

  function blockOf(index: number, tokens: readonly number[]): Block {
    const [convOp, kernel, seRatio, skip, multiplier, delta] = tokens;
    const { filters, layers, stride } = form.blocks[index];
    return {
      convOp: convOps[convOp],
      kernel: kernels[kernel],
      seRatio: seRatios[seRatio],
      skip: skips[skip],
      filters: scaleChannels(filters, filterMultipliers[multiplier], form.divisor),
      // One-layer blocks keep their layer: the paper does not say what one less would be.
      layers: Math.max(1, layers + layerDeltas[delta]),
      stride,
    };
  }

  function network(tokens: readonly number[]): Architecture {
    const blocks = form.blocks.map((_block, index) =>
      blockOf(index, tokens.slice(index * decisionsPerBlock, (index + 1) * decisionsPerBlock))
    );
    return mobileNetwork(blocks, form.frame, options);
  }

  // Blocks follow one another in the nodes, so tokens are found block by block: the first choice of each block whose
  // nodes continue the network.
  function findTokens(architecture: Architecture): number[] | undefined {
    const found: Block[] = [];
    const tokens: number[] = [];
    for (let index = 0; index < form.blocks.length; index++) {
      const fitting = allBlockTokens.find((candidate) => {
        const body = mobileNetwork([...found, blockOf(index, candidate)], form.frame, options).nodes.slice(0, -3);
        return body.every((node, i) => canonicalJson(node) === canonicalJson(architecture.nodes[i]));
      });
      if (!fitting) return undefined;
      found.push(blockOf(index, fitting));
      tokens.push(...fitting);
    }
    return tokens;
  }

  return {
    name: "mnas",
    decisions,
    decode(tokens) {
      checkTokens("mnas", decisions, tokens);
      return { ...network(tokens), origin: { space: "mnas", tokens: [...tokens] } };
    },
    encode(architecture) {
      const hash = architectureHash(architecture);
      const same = (tokens: readonly number[]) => architectureHash(network(tokens)) === hash;
      const origin = architecture.origin;
      if (origin?.space === "mnas") {
        checkTokens("mnas", decisions, origin.tokens);
        if (same(origin.tokens)) return [...origin.tokens];
      }
      const tokens = findTokens(architecture);
      if (!tokens || !same(tokens)) throw new RangeError("this network is not in the space mnas");
      return tokens;
    },
    reference(width) {
      const { frame, divisor } = form;
      const blocks = form.blocks.map((block): Block => ({
        ...block,
        kernel: 3,
        seRatio: 0,
        skip: "identity",
        filters: scaleChannels(block.filters, width, divisor),
      }));
      const stemFilters = scaleChannels(frame.stemFilters, width, divisor);
      // As MobileNetV2: the head shrinks with the width only above 1.
      const headFilters = scaleChannels(frame.headFilters, Math.max(1, width), divisor);
      return mobileNetwork(blocks, { ...frame, stemFilters, headFilters }, options);
    },
  };
}

/** Every combination of one block's tokens, in lexicographic order. */
const allBlockTokens: readonly number[][] = [convOps, kernels, seRatios, skips, filterMultipliers, layerDeltas].reduce(
  (combinations: number[][], choices) =>
    combinations.flatMap((head) => choices.map((_choice, token) => [...head, token])),
  [[]],
);
