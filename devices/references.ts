// The two networks that every session times beside its models. Their times say how fast the device is just now, a small
// and a large one because a busy or hot device does not slow both alike. Both are of the kind that is searched for, many
// narrow layers: beside them, students differed by 1 to 2 % between processes on a busy machine, beside two networks with
// few wide layers by 5 to 8 %. Frozen: stored nominal times are theirs, so a change is a change of protocol.
import type { Architecture, ArchitectureNode } from "../src/schemas/architecture.ts";
import type { MeasuredNetwork } from "../src/schemas/measurement.ts";

/** A stage of equal inverted residuals, of which the first has the stride. */
interface Stage {
  filters: number;
  layers: number;
  stride: 1 | 2;
}

const expansion = 6;

function createReference(
  { stem, stages, head }: { stem: number; stages: readonly Stage[]; head: number },
): Architecture {
  const nodes: ArchitectureNode[] = [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: stem, activation: "relu" },
  ];
  /** Appends a node that takes the last one. */
  function append(node: ArchitectureNode): number {
    return nodes.push(node) - 1;
  }
  let channels = stem;
  for (const { filters, layers, stride } of stages) {
    for (let layer = 0; layer < layers; layer++) {
      const input = nodes.length - 1;
      const expanded = append({
        op: "conv",
        inputs: [input],
        kernel: 1,
        stride: 1,
        filters: channels * expansion,
        activation: "relu",
      });
      const depthwise = append({
        op: "depthwiseConv",
        inputs: [expanded],
        kernel: 3,
        stride: layer === 0 ? stride : 1,
        activation: "relu",
      });
      const projected = append({
        op: "conv",
        inputs: [depthwise],
        kernel: 1,
        stride: 1,
        filters,
        activation: "none",
      });
      if (layer > 0) append({ op: "add", inputs: [projected, input] });
      channels = filters;
    }
  }
  const last = append({
    op: "conv",
    inputs: [nodes.length - 1],
    kernel: 1,
    stride: 1,
    filters: head,
    activation: "relu",
  });
  const pooled = append({ op: "globalAveragePool", inputs: [last] });
  append({ op: "dense", inputs: [pooled], units: 10 });
  return { version: 1, input: { height: 32, width: 32, channels: 3 }, classes: 10, nodes };
}

const small = createReference({
  stem: 8,
  stages: [{ filters: 8, layers: 2, stride: 2 }, { filters: 12, layers: 2, stride: 1 }, {
    filters: 16,
    layers: 2,
    stride: 2,
  }],
  head: 64,
});

const large = createReference({
  stem: 16,
  stages: [
    { filters: 16, layers: 4, stride: 2 },
    { filters: 20, layers: 6, stride: 1 },
    { filters: 24, layers: 8, stride: 1 },
    { filters: 32, layers: 8, stride: 2 },
  ],
  head: 128,
});

function network(architecture: Architecture, seed: number): MeasuredNetwork {
  const { height, width, channels } = architecture.input;
  return {
    source: { kind: "architecture", architecture, seed },
    input: { shape: [1, height, width, channels], seed, channelsFirst: false },
  };
}

/** The small and the large reference network, as architectures. */
export const referenceNetworks: [small: MeasuredNetwork, large: MeasuredNetwork] = [
  network(small, 1),
  network(large, 2),
];
