import type { Activation } from "../../schemas/architecture.ts";
import type { GraphBuilder } from "./graph_builder.ts";

/** `value` after `activation`. */
export function emitActivation(graph: GraphBuilder, value: string, activation: Activation): string {
  switch (activation) {
    case "none":
      return value;
    case "relu":
      return graph.node("Relu", [value]);
    case "relu6": {
      const bounds = [graph.floats("low", [], Float32Array.of(0)), graph.floats("high", [], Float32Array.of(6))];
      return graph.node("Clip", [value, ...bounds]);
    }
    default:
      return activation satisfies never;
  }
}
