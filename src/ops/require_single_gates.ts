import type { Architecture } from "../schemas/architecture.ts";

/**
 * RangeError on an architecture that engines cannot run though its shapes fit: a gate is kept beside the value that it
 * scales, at most one, so no squeezeExcite node can read another.
 */
export function requireSingleGates({ nodes }: Architecture): void {
  for (const [index, { inputs, op }] of nodes.entries()) {
    if (op === "squeezeExcite" && nodes[inputs[0]]?.op === "squeezeExcite") {
      throw new RangeError(`node ${index}: a squeezeExcite node cannot read another squeezeExcite node`);
    }
  }
}
