import type { Layout } from "../ops/layout.ts";
import { canonicalJson } from "../schemas/architecture.ts";

/** Of each node, what it does to what, as text: all but where it reads, what it is called, and noise in training. */
export function nodeKinds({ nodes }: Layout): string[] {
  return nodes.map(({ node, outputShape, parameters }) => {
    const { inputs: _inputs, tap: _tap, ...rest } = node;
    const { dropRate: _dropRate, ...settings } = rest as typeof rest & { dropRate?: number };
    return canonicalJson([settings, outputShape, parameters.map(({ shape }) => shape)]);
  });
}
