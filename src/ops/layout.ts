// Walks an Architecture once: shapes of every node, and where each weight lies in the flat vectors.
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import type { Op, Shape, WeightSpec } from "./op.ts";
import { opOf } from "./table.ts";

/** All weights of one network: `parameters` are trained, `statistics` are batch norm's moving averages. */
export interface Weights {
  parameters: Float32Array;
  statistics: Float32Array;
}

/** A weight with its place in the flat vector, counted in elements. */
export interface PlacedWeight extends WeightSpec {
  offset: number;
  size: number;
}

export interface NodeLayout {
  node: ArchitectureNode;
  op: Op;
  inputShapes: Shape[];
  outputShape: Shape;
  parameters: PlacedWeight[];
  statistics: PlacedWeight[];
}

export interface Layout {
  nodes: NodeLayout[];
  parameterCount: number;
  statisticCount: number;
}

/**
 * Shapes and weight places of `architecture`.
 * Throws a RangeError that names the node where inputs do not fit, and where the last node does not give the logits.
 */
export function layoutOf(architecture: Architecture): Layout {
  const { height, width, channels } = architecture.input;
  const shapes: Shape[] = [];
  const layout: Layout = { nodes: [], parameterCount: 0, statisticCount: 0 };
  for (const [index, node] of architecture.nodes.entries()) {
    const inputShapes = node.inputs.map((input) => {
      if (input >= index) throw new RangeError(`node ${index} (${node.op}) reads node ${input}, which comes later`);
      return input < 0 ? [height, width, channels] : shapes[input];
    });
    const op = opOf(node);
    let outputShape: Shape;
    try {
      outputShape = op.outputShape(node, inputShapes);
    } catch (error) {
      throw new RangeError(`node ${index}: ${(error as Error).message}`);
    }
    shapes.push(outputShape);
    const place = (specs: WeightSpec[], start: number): PlacedWeight[] => {
      let offset = start;
      return specs.map((spec) => {
        const size = spec.shape.reduce((product, length) => product * length, 1);
        offset += size;
        return { ...spec, size, offset: offset - size };
      });
    };
    const parameters = place(op.parameters(node, inputShapes), layout.parameterCount);
    const statistics = place(op.statistics(node, inputShapes), layout.statisticCount);
    layout.parameterCount += parameters.reduce((sum, weight) => sum + weight.size, 0);
    layout.statisticCount += statistics.reduce((sum, weight) => sum + weight.size, 0);
    layout.nodes.push({ node, op, inputShapes, outputShape, parameters, statistics });
  }
  const last = shapes[shapes.length - 1];
  if (last.length !== 1 || last[0] !== architecture.classes) {
    throw new RangeError(`the last node gives ${JSON.stringify(last)}, not the ${architecture.classes} logits`);
  }
  return layout;
}

/** Trainable weights of `architecture`; moving averages do not count. */
export function countParameters(architecture: Architecture): number {
  return layoutOf(architecture).parameterCount;
}

/** Multiply-adds of one image's forward pass. */
export function countMultiplyAdds(architecture: Architecture): number {
  return layoutOf(architecture).nodes.reduce(
    (sum, { op, node, inputShapes }) => sum + op.multiplyAdds(node, inputShapes),
    0,
  );
}
