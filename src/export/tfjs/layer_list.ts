// What a LayersModel is made of, as its model.json names it: https://github.com/tensorflow/tfjs/tree/master/tfjs-layers.
import type { StoredWeight } from "../tfjs_weights.ts";

/** A layer of a model of the functional kind; `config` is written as Keras writes it. */
export interface Layer {
  class_name: string;
  name: string;
  config: Readonly<Record<string, unknown>>;
  /** One call of the layer: of each input the layer it comes from, the call of that, and which of its outputs. */
  inbound_nodes: [layer: string, call: number, output: number, options: Record<string, never>][][];
}

/** Collects the layers of a model and their weights, in order; names follow from the node that they stand for. */
export class LayerList {
  readonly layers: Layer[] = [];
  readonly weights: StoredWeight[] = [];
  #prefix = "";

  /** What follows is named after `prefix`. */
  begin(prefix: string): void {
    this.#prefix = prefix;
  }

  /** The images `[batch, ...shape]`. */
  input(name: string, shape: readonly number[]): void {
    const config = { name, batch_input_shape: [null, ...shape], dtype: "float32", sparse: false };
    this.layers.push({ class_name: "InputLayer", name, config, inbound_nodes: [] });
  }

  /** Appends a layer; gives its name, which is the prefix, with `suffix` where a node takes several layers. */
  layer(
    className: string,
    inputs: readonly string[],
    config: Readonly<Record<string, unknown>> = {},
    suffix?: string,
  ): string {
    const name = suffix === undefined ? this.#prefix : `${this.#prefix}.${suffix}`;
    this.layers.push({
      class_name: className,
      name,
      config: { name, trainable: true, dtype: "float32", ...config },
      inbound_nodes: [inputs.map((input) => [input, 0, 0, {}])],
    });
    return name;
  }

  /** A weight of `layer`, whose class says what it is called. */
  weight(layer: string, name: string, shape: readonly number[], values: Float32Array): void {
    this.weights.push({ name: `${layer}/${name}`, shape, values });
  }
}
