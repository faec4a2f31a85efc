// What a TF.js GraphModel is made of: nodes as in TensorFlow's GraphDef, written as JSON, where text is base64 and whole
// numbers are text: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto.
import type { StoredWeight } from "../tfjs_weights.ts";

/** An attribute of a node. */
export type Attribute =
  | { s: string }
  | { i: string }
  | { b: boolean }
  | { type: "DT_FLOAT" | "DT_INT32" }
  | { shape: { dim: { size: string }[] } }
  | { list: { i: string[] } | { s: string[] } };

export interface GraphNode {
  name: string;
  op: string;
  /** Names of the nodes whose values it takes. */
  input: readonly string[];
  attr: Readonly<Record<string, Attribute>>;
}

export const text = (value: string): Attribute => ({ s: btoa(value) });
export const texts = (values: readonly string[]): Attribute => ({ list: { s: values.map((value) => btoa(value)) } });
export const whole = (value: number): Attribute => ({ i: String(value) });
export const wholes = (values: readonly number[]): Attribute => ({ list: { i: values.map(String) } });
export const shapeOf = (lengths: readonly number[]) => ({
  shape: { dim: lengths.map((length) => ({ size: String(length) })) },
} satisfies Attribute);

/** Collects nodes and constants of a graph; names follow from the architecture's node that they stand for. */
export class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  readonly weights: StoredWeight[] = [];
  #prefix = "";
  readonly #used = new Map<string, number>();

  /** What follows is named after `prefix`. */
  begin(prefix: string): void {
    this.#prefix = prefix;
  }

  #name(suffix: string): string {
    const name = `${this.#prefix}/${suffix}`;
    const count = (this.#used.get(name) ?? 0) + 1;
    this.#used.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  }

  /** The images `[batch, ...shape]`. */
  input(name: string, shape: readonly number[]): void {
    this.nodes.push({
      ...{ name, op: "Placeholder", input: [] },
      attr: { dtype: { type: "DT_FLOAT" }, shape: shapeOf([-1, ...shape]) },
    });
  }

  /** Appends a node; gives its name, which is that of its value. */
  node(op: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#name(op);
    this.nodes.push({ name, op, input, attr: { T: { type: "DT_FLOAT" }, ...attributes } });
    return name;
  }

  #constant(suffix: string, weight: Omit<StoredWeight, "name">): string {
    const name = this.#name(suffix);
    const type = weight.values instanceof Int32Array ? "DT_INT32" : "DT_FLOAT";
    this.nodes.push({ name, op: "Const", input: [], attr: { dtype: { type } } });
    this.weights.push({ name, ...weight });
    return name;
  }

  /** A constant of floats; gives its name. */
  floats(suffix: string, shape: readonly number[], values: Float32Array): string {
    return this.#constant(suffix, { shape, values });
  }

  /** A constant of whole numbers, a vector if not said otherwise; gives its name. */
  integers(suffix: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#constant(suffix, { shape, values: Int32Array.from(values) });
  }

  /** Calls the node `from` `to` wherever it occurs. */
  rename(from: string, to: string): void {
    const renamed = (name: string) => name === from ? to : name;
    for (const [index, node] of this.nodes.entries()) {
      this.nodes[index] = { ...node, name: renamed(node.name), input: node.input.map(renamed) };
    }
  }
}
