// The static plan of a network: every step of a forward and a backward pass, and every buffer with its lifetime, worked
// out once for an Architecture and a batch size. Pure data: the engines (wasm, webgpu) only carry it out.
//
// Batch norm and activations have no steps of their own. A convolution writes its output raw; whoever reads it applies
// the pending batch norm, activation and gate on the way in (see Value), and whoever writes its gradient masks it and
// sums up what batch norm's backward pass needs. So each large tensor crosses memory once per use.
import type { Layout, NodeLayout } from "../ops/layout.ts";
import { layoutOf } from "../ops/layout.ts";
import type { Activation, Architecture } from "../schemas/architecture.ts";
import { requireSingleGates } from "../ops/require_single_gates.ts";

/** Index into {@linkcode Plan.buffers}. */
export type BufferIndex = number;

/** A piece of memory. The engine may let buffers share it whose lifetimes do not overlap. */
export interface PlanBuffer {
  name: string;
  /** Outermost first; the last dimension is channels and may be padded by an engine. */
  shape: number[];
  /** Positions of the first and last step that touch it, counted over forward then backward; -1 and Infinity: always. */
  first: number;
  last: number;
}

/**
 * What a node gives: `gate * activation(scale * raw + shift)`, each factor present or not, applied by whoever reads it.
 * `gradient` is that of the loss with respect to the value before its activation (after scale and shift); of a gated
 * value, with respect to the value itself.
 */
export interface Value {
  /** `[height, width, channels]`, or `[channels]` as `[1, 1, channels]`. */
  shape: readonly [height: number, width: number, channels: number];
  /** `[batch, height, width, channels]` */
  raw: BufferIndex;
  /** `[4, channels]`: scale, shift, mean and inverse deviation of the batch norm that is pending. */
  coefficients?: BufferIndex;
  activation: Activation;
  /** `[batch, channels]` */
  gate?: BufferIndex;
  /** `[batch, height, width, channels]`; absent where no gradient passes. */
  gradient?: BufferIndex;
  /** `[2, channels]`, with coefficients and gradient: sums over the batch of gradient and gradient * (raw - mean). */
  gradientSums?: BufferIndex;
}

/** A node with its values. */
export interface PlanNode extends NodeLayout {
  index: number;
  inputs: Value[];
  output: Value;
  /** What the forward pass keeps for the backward pass, by the op's own names. */
  saved: Record<string, BufferIndex>;
  /** Whether its parameters are trained. A frozen node evaluates its batch norm by the moving averages. */
  trainable: boolean;
}

/** How a gradient reaches a buffer: first to come writes, others add. */
export type GradientMode = "skip" | "write" | "add";

/** A tensor that passes between the network and a loss. */
export interface Port {
  value: Value;
  /** Whether the value is taken before its activation. */
  beforeActivation: boolean;
  /** Where the loss finds it `[batch, height, width, channels]`. */
  buffer: BufferIndex;
  /** Where the loss leaves its gradient, same shape; absent where it gives none. */
  gradient?: BufferIndex;
}

export type ForwardStep =
  | { kind: "node"; node: PlanNode }
  /** Writes the port's value to its buffer. */
  | { kind: "extract"; port: Port };

export type BackwardStep =
  | { kind: "node"; node: PlanNode; inputGradients: GradientMode[] }
  /** Brings the port's gradient to its value's. */
  | { kind: "inject"; port: Port; mode: "write" | "add" };

export interface PlanOptions {
  batchSize: number;
  /** `training`: batch statistics and a backward pass. `inference`: moving averages, no backward pass. */
  mode: "training" | "inference";
  /** Features to extract, by tap; `tap:before` is the value before its activation. The logits are always there. */
  features?: readonly string[];
  /** Those of `features`, or `logits`, that the loss gives gradients of. Default: the logits. */
  gradients?: readonly string[];
  /** Whether the gradient of the images is wanted. */
  imageGradient?: boolean;
  /** Nodes that are trained; default: all. */
  trainable?: (nodeIndex: number) => boolean;
}

export interface Plan {
  architecture: Architecture;
  layout: Layout;
  batchSize: number;
  mode: "training" | "inference";
  buffers: PlanBuffer[];
  /** The images as the network reads them. */
  images: Value;
  nodes: PlanNode[];
  forward: ForwardStep[];
  backward: BackwardStep[];
  /** `logits` and the features. The logits' buffers are those of the last value itself. */
  ports: Record<string, Port>;
}

const always = { first: -1, last: Infinity };

/** Small tensors that an op's backward pass needs from its forward pass. */
function savedShapes({ node }: NodeLayout, batchSize: number, channels: number): Record<string, number[]> {
  if (node.op !== "squeezeExcite") return {};
  return { pooled: [batchSize, channels], squeezed: [batchSize, node.squeezeChannels] };
}

class PlanBuilder {
  readonly buffers: PlanBuffer[] = [];

  add(name: string, shape: number[], lifetime: { first: number; last: number }): BufferIndex {
    return this.buffers.push({ name, shape, ...lifetime }) - 1;
  }

  /** A buffer whose lifetime grows with each {@linkcode touch}. */
  addTransient(name: string, shape: number[]): BufferIndex {
    return this.add(name, shape, { first: Infinity, last: -Infinity });
  }

  touch(position: number, ...indices: (BufferIndex | undefined)[]): void {
    for (const index of indices) {
      if (index === undefined) continue;
      const buffer = this.buffers[index];
      buffer.first = Math.min(buffer.first, position);
      buffer.last = Math.max(buffer.last, position);
    }
  }
}

function imageShapeOf(shape: readonly number[]): [number, number, number] {
  return shape.length === 1 ? [1, 1, shape[0]] : [shape[0], shape[1], shape[2]];
}

/** The output of `node`, whose raw buffer may be its input's own. */
function outputOf(builder: PlanBuilder, layout: NodeLayout, inputs: Value[], batchSize: number, name: string): Value {
  const { node } = layout;
  const shape = imageShapeOf(layout.outputShape);
  if (node.op === "squeezeExcite") {
    const gate = builder.add(`${name} gate`, [batchSize, shape[2]], always);
    return { ...inputs[0], gate, gradient: undefined, gradientSums: undefined };
  }
  const value: Value = { shape, raw: builder.addTransient(name, [batchSize, ...shape]), activation: "none" };
  if (node.op === "conv" || node.op === "depthwiseConv") {
    value.coefficients = builder.add(`${name} coefficients`, [4, shape[2]], always);
    value.activation = node.activation;
  }
  if (node.op === "add") value.activation = node.activation ?? "none";
  return value;
}

/** Gives `value` a gradient, once. */
function wantGradient(builder: PlanBuilder, value: Value, batchSize: number, name: string): void {
  if (value.gradient !== undefined) return;
  value.gradient = builder.addTransient(`${name} gradient`, [batchSize, ...value.shape]);
  if (value.coefficients !== undefined && value.gate === undefined) {
    value.gradientSums = builder.add(`${name} gradient sums`, [2, value.shape[2]], always);
  }
}

function valuesRead(value: Value): (BufferIndex | undefined)[] {
  return [value.raw, value.gate];
}

function parsePort(architecture: Architecture, name: string): { node: number; beforeActivation: boolean } {
  const [tap, suffix, ...more] = name.split(":");
  const node = architecture.nodes.findIndex((candidate) => candidate.tap === tap);
  if (node < 0 || (suffix !== undefined && suffix !== "before") || more.length > 0) {
    const taps = architecture.nodes.flatMap(({ tap }) => tap ?? []);
    throw new RangeError(`no feature "${name}"; there are ${taps.join(", ") || "none"}, each also as TAP:before`);
  }
  if (name === "logits") {
    throw new RangeError('no feature may be called "logits": those are always there; give the tap another name');
  }
  if (suffix === "before" && architecture.nodes[node].op === "squeezeExcite") {
    throw new RangeError(`no feature "${name}": a squeezeExcite node has no activation that it could be taken before`);
  }
  return { node, beforeActivation: suffix === "before" };
}

/**
 * The plan of `architecture`. Throws a RangeError on an architecture whose shapes do not fit or in which a gate reads a
 * gate, on a feature that does not exist, and on a batch size below 1.
 */
export function compilePlan(architecture: Architecture, options: PlanOptions): Plan {
  const { batchSize, mode, features = [], imageGradient = false, trainable = () => true } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`the batch size must be at least 1, got ${batchSize}`);
  }
  const training = mode === "training";
  const gradients = training ? options.gradients ?? ["logits"] : [];
  const layout = layoutOf(architecture);
  requireSingleGates(architecture);
  const builder = new PlanBuilder();
  const { height, width, channels } = architecture.input;
  const images: Value = {
    shape: [height, width, channels],
    raw: builder.add("images", [batchSize, height, width, channels], always),
    activation: "none",
  };

  const nodes: PlanNode[] = [];
  const valueOf = (input: number) => (input < 0 ? images : nodes[input].output);
  for (const [index, nodeLayout] of layout.nodes.entries()) {
    const name = `${index} ${nodeLayout.node.op}`;
    const inputs = nodeLayout.node.inputs.map(valueOf);
    const output = outputOf(builder, nodeLayout, inputs, batchSize, name);
    const saved = training
      ? Object.fromEntries(
        Object.entries(savedShapes(nodeLayout, batchSize, output.shape[2])).map(([key, shape]) => [
          key,
          builder.add(`${name} ${key}`, shape, always),
        ]),
      )
      : {};
    nodes.push({ ...nodeLayout, index, inputs, output, saved, trainable: training && trainable(index) });
  }

  // Ports, and where each is read.
  const last = nodes[nodes.length - 1];
  const ports: Record<string, Port> = {
    logits: { value: last.output, beforeActivation: false, buffer: last.output.raw },
  };
  Object.assign(builder.buffers[last.output.raw], always);
  const portsOfNode = new Map<number, Port[]>();
  for (const name of features) {
    const { node, beforeActivation } = parsePort(architecture, name);
    const value = nodes[node].output;
    const buffer = builder.add(`feature ${name}`, [batchSize, ...value.shape], always);
    ports[name] = { value, beforeActivation, buffer };
    portsOfNode.set(node, [...(portsOfNode.get(node) ?? []), ports[name]]);
  }

  // Which values lead back to something that wants a gradient, and which the loss reaches.
  const leadsBack = nodes.map(() => false);
  const wanted = (input: number) => (input < 0 ? imageGradient : leadsBack[input]);
  for (const { index, node, trainable, parameters } of nodes) {
    leadsBack[index] = (trainable && parameters.length > 0) || node.inputs.some(wanted);
  }
  const reached = nodes.map(() => false);
  for (const name of gradients) {
    const port = ports[name];
    if (!port) throw new RangeError(`gradients of "${name}" were asked for, which is neither logits nor a feature`);
    const index = name === "logits" ? last.index : parsePort(architecture, name).node;
    if (name !== "logits" && index === last.index && gradients.includes("logits")) {
      throw new RangeError(`the gradient of "${name}" is that of the logits`);
    }
    reached[index] = true;
    port.gradient = name === "logits"
      ? (port.value.gradient = builder.add("logits gradient", [batchSize, ...port.value.shape], always))
      : builder.add(`feature ${name} gradient`, [batchSize, ...port.value.shape], always);
  }

  const forward: ForwardStep[] = [];
  for (const node of nodes) {
    builder.touch(forward.length, ...node.inputs.flatMap(valuesRead), node.output.raw);
    forward.push({ kind: "node", node });
    for (const port of portsOfNode.get(node.index) ?? []) {
      builder.touch(forward.length, ...valuesRead(port.value));
      forward.push({ kind: "extract", port });
    }
  }

  const backward: BackwardStep[] = [];
  const written = new Set<Value>();
  for (const node of [...nodes].reverse()) {
    const { index, output, inputs } = node;
    if (!leadsBack[index]) continue;
    for (const port of portsOfNode.get(index) ?? []) {
      if (port.gradient === undefined) continue;
      wantGradient(builder, output, batchSize, `${index}`);
      builder.touch(forward.length + backward.length, output.gradient, ...valuesRead(output));
      backward.push({ kind: "inject", port, mode: written.has(output) ? "add" : "write" });
      written.add(output);
    }
    if (!reached[index]) continue;
    const position = forward.length + backward.length;
    const inputGradients = inputs.map((input, place): GradientMode => {
      const source = node.node.inputs[place];
      if (!wanted(source)) return "skip";
      if (source >= 0) reached[source] = true;
      wantGradient(builder, input, batchSize, source < 0 ? "images" : `${source}`);
      if (source < 0 && input.gradient !== undefined) Object.assign(builder.buffers[input.gradient], always);
      builder.touch(position, input.gradient);
      const mode = written.has(input) ? "add" : "write";
      written.add(input);
      return mode;
    });
    builder.touch(position, output.gradient, ...valuesRead(output), ...inputs.flatMap(valuesRead));
    backward.push({ kind: "node", node, inputGradients });
  }
  return {
    architecture,
    layout,
    batchSize,
    mode,
    buffers: builder.buffers,
    images,
    nodes,
    forward,
    backward,
    ports,
  };
}
