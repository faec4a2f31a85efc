// Lowers a plan to lists of dispatches. Each op has a row: what it runs forward, and what it runs backward, given how
// the gradients of its inputs are to be stored.
import type { NodeOf, OpName } from "../../schemas/architecture.ts";
import type { BackwardStep, ForwardStep, GradientMode, Plan, PlanNode, Value } from "../plan.ts";
import { addForward, addInputGradient } from "./kernels/add.ts";
import { finishGradient, finishStatistics, frozenCoefficients } from "./kernels/batch_norm.ts";
import { convolutionForward, type Product } from "./kernels/convolution_forward.ts";
import { convolutionInputGradient } from "./kernels/convolution_input_gradient.ts";
import { convolutionWeightGradient } from "./kernels/convolution_weight_gradient.ts";
import { depthwiseForward, depthwiseInputGradient, depthwiseWeightGradient } from "./kernels/depthwise.ts";
import { dropoutForward, dropoutInputGradient } from "./kernels/dropout.ts";
import type { GradientTarget, Tiled } from "./kernels/elementwise.ts";
import {
  globalAveragePoolForward,
  globalAveragePoolInputGradient,
  poolForward,
  poolInputGradient,
} from "./kernels/pooling.ts";
import { extractPort, injectPort } from "./kernels/ports.ts";
import { SplitSums, type Table } from "./kernels/split_sums.ts";
import { type Kept, squeezeExciteForward } from "./kernels/squeeze_excite.ts";
import { squeezeExciteBackward } from "./kernels/squeeze_excite_backward.ts";
import { subsampleForward, subsampleInputGradient } from "./kernels/subsample.ts";
import type { NetworkMemory } from "./network_memory.ts";
import type { Dispatch } from "./shader.ts";

/** Everything that a network runs, but its loss and its optimizer. */
export interface Lowered {
  /** After the weights have been written. */
  prepare: Dispatch[];
  forward: Dispatch[];
  backward: Dispatch[];
  /** To be written once. */
  tables: Table[];
}

/** Runs the kernel of one input's gradient, with all that must follow it. */
type Store = (place: number, kernel: (target: GradientTarget) => Tiled) => Dispatch[];

interface Row<Name extends OpName> {
  forward(lowering: Lowering, node: PlanNode & { node: NodeOf<Name> }): Dispatch[];
  /** `store` passes over inputs whose gradient is not wanted. */
  backward(lowering: Lowering, node: PlanNode & { node: NodeOf<Name> }, store: Store): Dispatch[];
}

function productOf(planNode: PlanNode & { node: NodeOf<"conv"> | NodeOf<"dense"> }): Product {
  const { node, inputs: [input], output, parameters: [weights] } = planNode;
  const { kernel, stride } = node.op === "conv" ? node : { kernel: 1, stride: 1 };
  return { label: node.op, input, output, kernel, stride, weights: weights.offset, bias: node.op === "dense" };
}

const rows: { [Name in OpName]: Row<Name> } = {
  conv: {
    forward: ({ memory }, node) => [
      ...withStatistics(memory, node, (wanted) => convolutionForward(memory, productOf(node), wanted)),
    ],
    backward: ({ memory, splitSums }, node, store) => [
      ...(node.trainable ? [convolutionWeightGradient(memory, productOf(node), splitSums)] : []),
      ...store(0, (target) => convolutionInputGradient(memory, productOf(node), target)),
    ],
  },
  depthwiseConv: {
    forward: ({ memory }, node) => [
      ...withStatistics(memory, node, (wanted) => depthwiseForward(memory, node, wanted)),
    ],
    backward: ({ memory, splitSums }, node, store) => [
      ...(node.trainable ? [depthwiseWeightGradient(memory, node, splitSums)] : []),
      ...store(0, (target) => depthwiseInputGradient(memory, node, target)),
    ],
  },
  squeezeExcite: {
    forward: (lowering, node) => squeezeExciteForward(lowering.memory, node, lowering.keptOf(node)),
    backward(lowering, node, store) {
      const before: Dispatch[] = [];
      const after = store(0, (target) => {
        const { before: first, input } = squeezeExciteBackward(lowering.memory, node, lowering.keptOf(node), target);
        before.push(...first);
        if (!input) throw new Error("squeezeExcite gave no gradient of its input");
        return input;
      });
      if (after.length > 0) return [...before, ...after];
      return squeezeExciteBackward(lowering.memory, node, lowering.keptOf(node), undefined).before;
    },
  },
  add: {
    forward: ({ memory }, node) => addForward(memory, node),
    backward: ({ memory }, node, store) =>
      [0, 1].flatMap((place) => store(place, (target) => addInputGradient(memory, node, place, target))),
  },
  averagePool: {
    forward: ({ memory }, node) => poolForward(memory, node),
    backward: ({ memory }, node, store) => store(0, (target) => poolInputGradient(memory, node, target)),
  },
  maxPool: {
    forward: ({ memory }, node) => poolForward(memory, node),
    backward: ({ memory }, node, store) => store(0, (target) => poolInputGradient(memory, node, target)),
  },
  subsample: {
    forward: ({ memory }, node) => subsampleForward(memory, node),
    backward: ({ memory }, node, store) => store(0, (target) => subsampleInputGradient(memory, node, target)),
  },
  dropout: {
    forward: ({ memory }, node) => dropoutForward(memory, node),
    backward: ({ memory }, node, store) => store(0, (target) => dropoutInputGradient(memory, node, target)),
  },
  globalAveragePool: {
    forward: ({ memory }, node) => globalAveragePoolForward(memory, node),
    backward: ({ memory }, node, store) => store(0, (target) => globalAveragePoolInputGradient(memory, node, target)),
  },
  dense: {
    forward: ({ memory }, node) => [convolutionForward(memory, productOf(node), false).dispatch],
    backward: ({ memory, splitSums }, node, store) => [
      ...(node.trainable ? [convolutionWeightGradient(memory, productOf(node), splitSums)] : []),
      ...store(0, (target) => convolutionInputGradient(memory, productOf(node), target)),
    ],
  },
};

/** The kernel and, where batch norm follows the batch, what makes coefficients of its statistics. */
function withStatistics(memory: NetworkMemory, node: PlanNode, kernel: (wanted: boolean) => Tiled): Dispatch[] {
  const tiled = kernel(node.trainable);
  return node.trainable ? [tiled.dispatch, finishStatistics(memory, node, tiled)] : [tiled.dispatch];
}

function rowOf(node: PlanNode): Row<OpName> {
  return rows[node.node.op] as unknown as Row<OpName>;
}

class Lowering {
  readonly memory: NetworkMemory;
  readonly splitSums: SplitSums;
  readonly tables: Table[] = [];
  readonly #kept = new Map<PlanNode, Kept>();
  /** Of each value: its producer, and the backward step and place that last brings it a gradient. */
  readonly #producers = new Map<Value, PlanNode>();
  readonly #last = new Map<Value, { step: number; place: number }>();

  constructor(plan: Plan, memory: NetworkMemory) {
    this.memory = memory;
    this.splitSums = new SplitSums(memory, this.tables);
    for (const node of plan.nodes) this.#producers.set(node.output, node);
    for (const [step, backwardStep] of plan.backward.entries()) {
      if (backwardStep.kind === "inject") this.#last.set(backwardStep.port.value, { step, place: 0 });
      else {
        for (const [place, mode] of backwardStep.inputGradients.entries()) {
          if (mode !== "skip") this.#last.set(backwardStep.node.inputs[place], { step, place });
        }
      }
    }
  }

  keptOf(node: PlanNode): Kept {
    const known = this.#kept.get(node);
    if (known) return known;
    const { batchSize } = this.memory.plan;
    const squeezed = node.node.op === "squeezeExcite" ? node.node.squeezeChannels : 0;
    const kept = "pooled" in node.saved
      ? { pooled: this.memory.of(node.saved.pooled), squeezed: this.memory.of(node.saved.squeezed) }
      : {
        pooled: this.memory.add(`${node.index} pooled`, batchSize * node.output.shape[2]),
        squeezed: this.memory.add(`${node.index} squeezed`, batchSize * squeezed),
      };
    this.#kept.set(node, kept);
    return kept;
  }

  /** Whether the sums of `value`'s gradient are to be taken at this place of this step: once all of it is there. */
  #completes(value: Value, step: number, place: number): PlanNode | undefined {
    const last = this.#last.get(value);
    if (last?.step !== step || last.place !== place) return undefined;
    const producer = this.#producers.get(value);
    return producer?.trainable && value.coefficients !== undefined && value.gate === undefined ? producer : undefined;
  }

  #store(
    value: Value,
    mode: GradientMode,
    at: { step: number; place: number },
    kernel: (target: GradientTarget) => Tiled,
  ) {
    if (mode === "skip") return [];
    const producer = this.#completes(value, at.step, at.place);
    const tiled = kernel({ value, mode, sums: producer !== undefined });
    return producer ? [tiled.dispatch, finishGradient(this.memory, producer, tiled)] : [tiled.dispatch];
  }

  forwardStep(step: ForwardStep): Dispatch[] {
    if (step.kind === "extract") return [extractPort(this.memory, step.port)];
    return rowOf(step.node).forward(this, step.node as never);
  }

  backwardStep(backwardStep: BackwardStep, step: number): Dispatch[] {
    if (backwardStep.kind === "inject") {
      const { port, mode } = backwardStep;
      return this.#store(port.value, mode, { step, place: 0 }, ({ sums }) => injectPort(this.memory, port, mode, sums));
    }
    const { node, inputGradients } = backwardStep;
    const store: Store = (place, kernel) => {
      if (place >= node.inputs.length) return [];
      return this.#store(node.inputs[place], inputGradients[place], { step, place }, kernel);
    };
    const sums = this.splitSums.isFull() ? this.splitSums.finish() : [];
    return [...sums, ...rowOf(node).backward(this, node as never, store)];
  }
}

/** Lowers `plan`, whose tensors lie in `memory`. */
export function lower(plan: Plan, memory: NetworkMemory): Lowered {
  const lowering = new Lowering(plan, memory);
  const frozen = plan.nodes.filter(({ output, node, trainable }) =>
    output.coefficients !== undefined && node.op !== "squeezeExcite" && !trainable
  );
  const reached = new Set(plan.backward.flatMap((step) => (step.kind === "node" ? [step.node] : [])));
  const prepare = frozen.map((node) => frozenCoefficients(memory, node, reached.has(node)));
  const forward = plan.forward.flatMap((step) => lowering.forwardStep(step));
  const backward = plan.backward.flatMap((step, index) => lowering.backwardStep(step, index));
  backward.push(...lowering.splitSums.finish());
  return { prepare, forward, backward, tables: lowering.tables };
}
