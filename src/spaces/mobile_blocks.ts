// Mobile networks as a list of blocks (MobileNetV2, MnasNet: 1807.11626): block specification -> Architecture nodes.
import type { Activation, Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import type { SpaceOptions } from "./space.ts";

/** How a layer convolves: full, depthwise separable, or inverted residual with the given expansion. */
export type ConvOp = "conv" | "dconv" | "mbconv3" | "mbconv6";

/** What is added to a layer's output: nothing, its input where shapes agree, or its input pooled and projected. */
export type Skip = "pool" | "identity" | "none";

/** `layers` equal layers, of which the first has the stride. */
export interface Block {
  convOp: ConvOp;
  kernel: number;
  stride: 1 | 2;
  /** Squeeze width relative to the layer's input channels; 0: no squeeze-and-excite. */
  seRatio: number;
  skip: Skip;
  filters: number;
  layers: number;
}

/** What surrounds the blocks. */
export interface Frame {
  stemFilters: number;
  headFilters: number;
  activation: Activation;
}

/** Multiplies `channels` and rounds to `divisor`, never below nine tenths (MobileNet's rule). */
export function scaleChannels(channels: number, multiplier: number, divisor: number): number {
  const scaled = channels * multiplier;
  const rounded = Math.max(divisor, Math.floor((scaled + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * scaled ? rounded + divisor : rounded;
}

const expansions = { mbconv3: 3, mbconv6: 6 } as const;

/**
 * The network: 3x3 stem with stride 2, the blocks, 1x1 head, global average pool, dense.
 * Each block's last node is tapped as `stage1`, `stage2`, ..., the pooled embedding as `embedding`.
 */
export function mobileNetwork(blocks: readonly Block[], frame: Frame, io: SpaceOptions): Architecture {
  const nodes: ArchitectureNode[] = [];
  const push = (node: ArchitectureNode): number => nodes.push(node) - 1;
  const { activation } = frame;
  let last = push({ op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: frame.stemFilters, activation });
  let channels = frame.stemFilters;

  const layer = (block: Block, stride: 1 | 2): void => {
    const input = last;
    const inputChannels = channels;
    const { kernel, filters } = block;
    const squeezed = Math.max(1, Math.floor(block.seRatio * inputChannels));
    const squeezeExcite = () => {
      if (block.seRatio > 0) last = push({ op: "squeezeExcite", inputs: [last], squeezeChannels: squeezed });
    };
    if (block.convOp === "conv") {
      last = push({ op: "conv", inputs: [last], kernel, stride, filters, activation });
      squeezeExcite();
    } else {
      if (block.convOp !== "dconv") {
        const expanded = inputChannels * expansions[block.convOp];
        last = push({ op: "conv", inputs: [last], kernel: 1, stride: 1, filters: expanded, activation });
      }
      last = push({ op: "depthwiseConv", inputs: [last], kernel, stride, activation });
      squeezeExcite();
      last = push({ op: "conv", inputs: [last], kernel: 1, stride: 1, filters, activation: "none" });
    }
    channels = filters;
    if (block.skip === "identity" && stride === 1 && inputChannels === filters) {
      last = push({ op: "add", inputs: [last, input] });
    } else if (block.skip === "pool") {
      // The paper leaves "pool" open: here 3x3 average pool with the layer's stride, then a linear 1x1 projection.
      const pooled = push({ op: "averagePool", inputs: [input], kernel: 3, stride });
      const projected = push({ op: "conv", inputs: [pooled], kernel: 1, stride: 1, filters, activation: "none" });
      last = push({ op: "add", inputs: [last, projected] });
    }
  };

  for (const [index, block] of blocks.entries()) {
    for (let repeat = 0; repeat < block.layers; repeat++) layer(block, repeat === 0 ? block.stride : 1);
    nodes[last].tap = `stage${index + 1}`;
  }
  last = push({ op: "conv", inputs: [last], kernel: 1, stride: 1, filters: frame.headFilters, activation });
  last = push({ op: "globalAveragePool", inputs: [last], tap: "embedding" });
  push({ op: "dense", inputs: [last], units: io.classes });
  const { height, width, channels: imageChannels, classes } = io;
  return { version: 1, input: { height, width, channels: imageChannels }, classes, nodes };
}

const blockPattern = /^r(\d+)k(\d+)s([12])e([136])i(\d+)o(\d+)((?: (?:noskip|se\.25))*)$/;

/**
 * Reads blocks in the notation of the MnasNet reference code, for instance `r3k5s2e3i24o40 se.25`: repeats, kernel,
 * stride, expansion, input and output filters. Throws a RangeError that quotes a block it cannot read.
 */
export function parseBlocks(text: readonly string[], stemFilters: number): Block[] {
  let channels = stemFilters;
  return text.map((block) => {
    const match = blockPattern.exec(block);
    if (!match) throw new RangeError(`cannot read block "${block}"; an example is "r3k5s2e3i24o40 se.25"`);
    const [repeats, kernel, stride, expansion, input, filters] = match.slice(1, 7).map(Number);
    if (input !== channels) throw new RangeError(`block "${block}" takes ${input} channels, but gets ${channels}`);
    channels = filters;
    return {
      convOp: expansion === 1 ? "dconv" : expansion === 3 ? "mbconv3" : "mbconv6",
      kernel,
      stride: stride === 2 ? 2 : 1,
      seRatio: match[7].includes("se.25") ? 0.25 : 0,
      skip: match[7].includes("noskip") ? "none" : "identity",
      filters,
      layers: repeats,
    };
  });
}
