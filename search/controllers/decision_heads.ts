// What the policy's LSTM says at each decision: one softmax over its legal choices, and one value, the critic's.
import type { Decision } from "../controller.ts";
import { legalChoices } from "./checks.ts";

export interface DecisionHeadsOptions {
  /** What to decide, in order. */
  decisions: readonly Decision[];
  hiddenSize: number;
  /**
   * Logits are bounded to this size by tanh, so that no choice dies out early (ENAS, arXiv 1802.03268); 0: not at all.
   */
  logitBound: number;
  /** Of that tanh at 0; ENAS's is its bound. */
  logitSlope: number;
}

/** The part of a trajectory that the heads read and write. */
interface HeadStates {
  readonly tokens: Int32Array;
  readonly logProbabilities: Float64Array;
  readonly hiddens: Float64Array;
  readonly values: Float64Array;
}

/** Heads over `parameters`, which they share with the LSTM; theirs are the last `size` of them. */
export class DecisionHeads {
  /** Index of each decision's first choice in `logProbabilities`; the last entry is the total. */
  readonly offsets: readonly number[];
  /** Number of parameters: of all choices weights, then biases, then the value's weights and its bias. */
  readonly size: number;
  readonly #decisions: readonly Decision[];
  readonly #hidden: number;
  readonly #logitBound: number;
  readonly #logitSlope: number;

  constructor({ decisions, hiddenSize, logitBound, logitSlope }: DecisionHeadsOptions) {
    this.#decisions = decisions;
    this.#hidden = hiddenSize;
    this.#logitBound = logitBound;
    this.#logitSlope = logitSlope;
    const offsets = [0];
    for (const { choices } of decisions) offsets.push(offsets[offsets.length - 1] + choices.length);
    this.offsets = offsets;
    this.size = this.#totalChoices * (hiddenSize + 1) + hiddenSize + 1;
  }

  get #totalChoices(): number {
    return this.offsets[this.offsets.length - 1];
  }

  /** Where in `parameters` the biases of the softmaxes start. */
  #biases(parameters: Float64Array): number {
    return parameters.length - this.#hidden - 1 - this.#totalChoices;
  }

  /** The softmax of `step` over its legal choices and its value, from the hidden state after the token before. */
  forward(parameters: Float64Array, states: HeadStates, step: number): void {
    const { hiddens, logProbabilities, tokens, values } = states;
    const after = (step + 1) * this.#hidden;
    const [start, end] = [this.offsets[step], this.offsets[step + 1]];
    const decision = this.#decisions[step];
    const legal = decision.legal && legalChoices(decision, [...tokens.subarray(0, step)]);
    let largest = -Infinity;
    for (let choice = start; choice < end; choice++) {
      const isLegal = legal?.[choice - start] !== false;
      const logit = isLegal ? this.#logit(parameters, choice, hiddens, after) : -Infinity;
      logProbabilities[choice] = logit;
      largest = Math.max(largest, logit);
    }
    let sum = 0;
    for (let choice = start; choice < end; choice++) sum += Math.exp(logProbabilities[choice] - largest);
    const logSum = largest + Math.log(sum);
    for (let choice = start; choice < end; choice++) logProbabilities[choice] -= logSum;

    const valueHead = parameters.length - this.#hidden - 1;
    let value = parameters[parameters.length - 1];
    for (let h = 0; h < this.#hidden; h++) value += parameters[valueHead + h] * hiddens[after + h];
    values[step] = value;
  }

  #logit(parameters: Float64Array, choice: number, hiddens: Float64Array, after: number): number {
    const biases = this.#biases(parameters);
    let logit = parameters[biases + choice];
    const row = biases - (this.#totalChoices - choice) * this.#hidden;
    for (let h = 0; h < this.#hidden; h++) logit += parameters[row + h] * hiddens[after + h];
    logit *= this.#logitSlope;
    return this.#logitBound === 0 ? logit : this.#logitBound * Math.tanh(logit / this.#logitBound);
  }

  /**
   * Adds what `logProbabilityGradient`, of all choices, says of those of `step` to `hiddenGradient`, of the state that
   * they come from, and to `gradient`, of the parameters. What it says of illegal choices does not count.
   */
  backward(
    parameters: Float64Array,
    { hiddens, logProbabilities }: HeadStates,
    step: number,
    logProbabilityGradient: Float64Array,
    hiddenGradient: Float64Array,
    gradient: Float64Array,
  ): void {
    const hidden = this.#hidden;
    const biases = this.#biases(parameters);
    const after = (step + 1) * hidden;
    const [start, end] = [this.offsets[step], this.offsets[step + 1]];
    let total = 0;
    for (let choice = start; choice < end; choice++) {
      if (logProbabilities[choice] !== -Infinity) total += logProbabilityGradient[choice];
    }
    for (let choice = start; choice < end; choice++) {
      if (logProbabilities[choice] === -Infinity) continue;
      const bound = this.#logitBound;
      const bounded = bound === 0 ? 0 : this.#logit(parameters, choice, hiddens, after) / bound;
      const softmaxChange = logProbabilityGradient[choice] - Math.exp(logProbabilities[choice]) * total;
      const change = softmaxChange * this.#logitSlope * (1 - bounded * bounded);
      gradient[biases + choice] += change;
      const row = biases - (this.#totalChoices - choice) * hidden;
      for (let h = 0; h < hidden; h++) {
        hiddenGradient[h] += change * parameters[row + h];
        gradient[row + h] += change * hiddens[after + h];
      }
    }
  }

  /** As {@linkcode backward}, for a `change` by the value of `step`. */
  backwardValue(
    parameters: Float64Array,
    { hiddens }: HeadStates,
    step: number,
    change: number,
    hiddenGradient: Float64Array,
    gradient: Float64Array,
  ): void {
    const valueHead = parameters.length - this.#hidden - 1;
    const after = (step + 1) * this.#hidden;
    gradient[parameters.length - 1] += change;
    for (let h = 0; h < this.#hidden; h++) {
      hiddenGradient[h] += change * parameters[valueHead + h];
      gradient[valueHead + h] += change * hiddens[after + h];
    }
  }
}
