// A network's kernels as numbers whose weighted sum is its latency: how often a kernel is launched, what it computes
// and what it moves, over all kernels and once more by kind. So a kind that was never seen costs what kernels cost on
// average.
import type { Architecture } from "../../src/schemas/architecture.ts";
import { type DeployedKernel, kernelsOf } from "./kernels.ts";

/** What each kernel has of: its launch (in launches), its work (in multiply-adds), what it moves (in bytes). */
export const quantities = {
  launches: { unit: "1", of: () => 1 },
  work: { unit: "multiply-adds", of: ({ work }) => work },
  bytes: { unit: "bytes", of: ({ bytes }) => bytes },
} as const satisfies Record<string, { unit: string; of: (kernel: DeployedKernel) => number }>;

export type Quantity = keyof typeof quantities;

/** One number that describes a network. */
export interface Feature {
  quantity: Quantity;
  /** Of kernels; undefined: of all. */
  kind?: string;
  value: number;
}

/** The feature's name in tables: "work", "work of conv 1x1". */
export function featureName({ quantity, kind }: Pick<Feature, "quantity" | "kind">): string {
  return kind === undefined ? quantity : `${quantity} of ${kind}`;
}

/** The features of `architecture` that are not 0, by name. */
export function featuresOf(architecture: Architecture): Map<string, Feature> {
  const features = new Map<string, Feature>();
  const add = (quantity: Quantity, kind: string | undefined, value: number) => {
    if (value === 0) return;
    const name = featureName({ quantity, kind });
    const known = features.get(name);
    if (known) known.value += value;
    else features.set(name, { quantity, kind, value });
  };
  for (const kernel of kernelsOf(architecture)) {
    for (const quantity of Object.keys(quantities) as Quantity[]) {
      const value = quantities[quantity].of(kernel);
      add(quantity, undefined, value);
      add(quantity, kernel.kind, value);
    }
  }
  return features;
}
