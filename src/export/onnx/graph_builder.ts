import type { Attribute, OnnxConstant, OnnxNode } from "./model_file.ts";

/** Collects nodes and constants of a graph; names follow from the architecture's node that they stand for. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  #prefix = "";
  readonly #used = new Map<string, number>();

  /** What follows is named after `prefix`. */
  begin(prefix: string): void {
    this.#prefix = prefix;
  }

  #name(suffix: string): string {
    const name = `${this.#prefix}.${suffix}`;
    const count = (this.#used.get(name) ?? 0) + 1;
    this.#used.set(name, count);
    return count === 1 ? name : `${name}${count}`;
  }

  /** Appends a node; gives the name of its output. */
  node(op: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const name = this.#name(op);
    this.nodes.push({ name, op, inputs, output: name, attributes });
    return name;
  }

  /** A constant of floats; gives its name. */
  floats(suffix: string, shape: readonly number[], values: Float32Array): string {
    const name = this.#name(suffix);
    this.constants.push({ name, shape, values });
    return name;
  }

  /** A constant vector of integers; gives its name. */
  integers(suffix: string, values: readonly number[]): string {
    const name = this.#name(suffix);
    this.constants.push({ name, shape: [values.length], values: BigInt64Array.from(values, BigInt) });
    return name;
  }

  /** Calls the value `from` `to` wherever it occurs. */
  rename(from: string, to: string): void {
    for (const [index, node] of this.nodes.entries()) {
      this.nodes[index] = {
        ...node,
        inputs: node.inputs.map((input) => input === from ? to : input),
        output: node.output === from ? to : node.output,
      };
    }
  }
}
