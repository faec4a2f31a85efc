// Noise of a network in training, as Noisy Student wants it: Xie et al. 2019, 1911.04252.
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";

export interface ModelNoise {
  /** Share of the values before the classifier that dropout leaves out (Srivastava et al. 2014). */
  dropout: number;
  /**
   * Share of the images that the last residual branch is kept for (1603.09382); it falls linearly from 1 at the input.
   */
  survival: number;
}

/** Share that the branch of each of `count` additions is kept for: linear, the last one's is `survival`. */
export function survivalRates(count: number, survival: number): number[] {
  return Array.from({ length: count }, (_, index) => 1 - (index + 1) / count * (1 - survival));
}

/**
 * A copy of `architecture` that trains with noise. Its weights lie in the same places and evaluate to the same network.
 * RangeError on a dropout outside 0 to below 1, or a survival outside above 0 to 1.
 */
export function noisyArchitecture(architecture: Architecture, { dropout, survival }: ModelNoise): Architecture {
  if (!(dropout >= 0 && dropout < 1)) throw new RangeError(`dropout must be from 0 to below 1, got ${dropout}`);
  if (!(survival > 0 && survival <= 1)) throw new RangeError(`survival must be above 0 and up to 1, got ${survival}`);
  const rates = survivalRates(architecture.nodes.filter(({ op }) => op === "add").length, survival);
  const nodes = architecture.nodes.map((node): ArchitectureNode =>
    node.op === "add" ? { ...node, dropRate: 1 - (rates.shift() ?? 1) } : node
  );
  const last = nodes.length - 1;
  const classifier = nodes[last];
  // A network without a classifier of its own has nothing that dropout comes before.
  if (classifier.op !== "dense") return { ...architecture, nodes };
  const [input] = classifier.inputs;
  const before = nodes[input];
  if (before?.op === "dropout") nodes[input] = { ...before, rate: dropout };
  else nodes.splice(last, 1, { op: "dropout", inputs: [input], rate: dropout }, { ...classifier, inputs: [last] });
  return { ...architecture, nodes };
}
