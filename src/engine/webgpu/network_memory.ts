// Where everything of one network lies on the device.
import type { BufferIndex, Plan, Value } from "../plan.ts";
import { productOf } from "./lengths.ts";
import type { Memory } from "./memory.ts";

export class NetworkMemory {
  /** Every piece, to be given buffers. */
  readonly all: Memory[] = [];
  readonly plan: Plan;
  /** `[parameterCount]` */
  readonly parameters: Memory;
  /** What kernels read: the parameters, or their rounded copy. */
  readonly weights: Memory;
  /** `[parameterCount]` */
  readonly gradient: Memory;
  /** `[statisticCount]` */
  readonly statistics: Memory;
  /** Sums per tile that one dispatch leaves to the next. */
  readonly partials: Memory;
  /** The uniform {@linkcode stateStruct}. */
  readonly state: Memory;
  readonly #planned: Memory[];
  readonly #factors = new Map<BufferIndex, Memory>();

  constructor(plan: Plan, { quantised }: { quantised: boolean }) {
    this.plan = plan;
    const { parameterCount, statisticCount } = plan.layout;
    this.parameters = this.add("parameters", parameterCount);
    this.weights = quantised ? this.add("rounded parameters", parameterCount) : this.parameters;
    this.gradient = this.add("gradient", plan.mode === "training" ? parameterCount : 1);
    this.statistics = this.add("statistics", statisticCount);
    this.partials = this.add("partial sums", 1);
    this.state = this.addUniform("state");
    // What the forward pass keeps for the backward pass is kept after it too, so that a backward pass can be run again.
    const isKept = (first: number, last: number) => first < plan.forward.length && last >= plan.forward.length;
    this.#planned = plan.buffers.map(({ name, shape, first, last }) => {
      const shares = first >= 0 && Number.isFinite(last) && !isKept(first, last);
      return { label: name, floats: productOf(shape), ...(shares ? { lifetime: { first, last } } : {}) };
    });
    // The sums of gradients are not kept: see factorsOf.
    const sums = new Set(plan.nodes.map(({ output }) => output.gradientSums));
    this.all.push(...this.#planned.filter((_, index) => !sums.has(index)));
  }

  add(label: string, floats: number): Memory {
    const memory = { label, floats };
    this.all.push(memory);
    return memory;
  }

  /** A uniform of 16 bytes. */
  addUniform(label: string): Memory {
    const memory = { label, floats: 4, uniform: true };
    this.all.push(memory);
    return memory;
  }

  of(index: BufferIndex): Memory {
    return this.#planned[index];
  }

  gradientOf(value: Value): Memory {
    if (value.gradient === undefined) {
      throw new Error("the plan has no gradient of a value whose gradient is passed on");
    }
    return this.of(value.gradient);
  }

  /** `[3, channels]`: the gradient of the raw output is first * gradient + second * raw + third. */
  factorsOf(value: Value): Memory {
    const known = this.#factors.get(value.raw);
    if (known) return known;
    const memory = this.add(`${this.of(value.raw).label} gradient factors`, 3 * value.shape[2]);
    this.#factors.set(value.raw, memory);
    return memory;
  }

  /** The shared partial sums, grown to `floats`. */
  partialsOf(floats: number): Memory {
    this.partials.floats = Math.max(this.partials.floats, floats);
    return this.partials;
  }
}

/** What changes from step to step: its number, the seed, and the weight of the past in moving averages. */
export const stateStruct = "struct State { step: u32, seed: u32, momentum: f32, spare: f32 }";
