// The policy of a controller: which token to take next, given those taken. Written out for one sequence at a time
// with gradients by hand, because at this size any tensor library spends its time between the operations.
import type { Random } from "../../src/data/random.ts";

export interface LstmPolicyOptions {
  /** Number of choices of each decision, in order. */
  choices: readonly number[];
  hiddenSize: number;
  /** Logits are bounded to this size by tanh, so that no choice dies out early (ENAS, arXiv 1802.03268). */
  logitBound: number;
}

/** What the policy thinks along one sequence of tokens, `[decisions]`, and what `backward` needs of the way there. */
export interface Trajectory {
  readonly tokens: Int32Array;
  /** log P of every choice of every decision, `[choices of decision 0, choices of decision 1, ...]`. */
  readonly logProbabilities: Float64Array;
  /** Gates after their activation, `[decisions, 4 * hidden]`: input, forget, candidate, output. */
  readonly gates: Float64Array;
  /** Cell and hidden state, `[decisions + 1, hidden]`; the first row is zero. */
  readonly cells: Float64Array;
  readonly hiddens: Float64Array;
}

const INITIAL_RANGE = 0.1;

/**
 * A one-layer LSTM (Hochreiter and Schmidhuber 1997) that reads the previous token and gives one softmax per
 * decision. All parameters lie in one array, for the optimizer and for snapshots.
 */
export class LstmPolicy {
  readonly parameters: Float64Array;
  readonly choices: readonly number[];
  /** Index of each decision's first choice in `Trajectory.logProbabilities`; the last entry is the total. */
  readonly offsets: readonly number[];
  readonly #hidden: number;
  readonly #logitBound: number;

  // Where each part starts in `parameters`. The embedding of a token is what it adds to the gates, `[4 * hidden]`:
  // a separate matrix between embedding and gates could express no more. Row 0 stands for "nothing taken yet".
  readonly #embedding = 0;
  readonly #recurrent: number;
  readonly #bias: number;
  readonly #heads: number;
  readonly #headBias: number;

  constructor(options: LstmPolicyOptions, random: Random) {
    this.choices = [...options.choices];
    this.#hidden = options.hiddenSize;
    this.#logitBound = options.logitBound;
    const offsets = [0];
    for (const count of this.choices) offsets.push(offsets[offsets.length - 1] + count);
    this.offsets = offsets;

    const totalChoices = offsets[offsets.length - 1];
    const gateSize = 4 * this.#hidden;
    this.#recurrent = this.#embedding + (1 + totalChoices) * gateSize;
    this.#bias = this.#recurrent + gateSize * this.#hidden;
    this.#heads = this.#bias + gateSize;
    this.#headBias = this.#heads + totalChoices * this.#hidden;
    this.parameters = new Float64Array(this.#headBias + totalChoices);
    // All but the biases, which start at zero.
    for (let i = 0; i < this.#bias; i++) this.parameters[i] = INITIAL_RANGE * (2 * random.next() - 1);
    for (let i = this.#heads; i < this.#headBias; i++) this.parameters[i] = INITIAL_RANGE * (2 * random.next() - 1);
  }

  /** Draws a sequence of tokens. */
  sample(random: Random): number[] {
    const trajectory = this.#createTrajectory();
    for (let step = 0; step < this.choices.length; step++) {
      this.#forwardStep(trajectory, step);
      const start = this.offsets[step];
      const last = this.choices[step] - 1;
      let rest = random.next();
      let token = 0;
      while (token < last && (rest -= Math.exp(trajectory.logProbabilities[start + token])) >= 0) token++;
      trajectory.tokens[step] = token;
    }
    return [...trajectory.tokens];
  }

  /** What the policy thinks along `tokens`, which are in range. */
  forward(tokens: ArrayLike<number>): Trajectory {
    const trajectory = this.#createTrajectory();
    trajectory.tokens.set(tokens);
    for (let step = 0; step < this.choices.length; step++) this.#forwardStep(trajectory, step);
    return trajectory;
  }

  /**
   * Back-propagation through time: adds to `gradient`, `[parameters]`, what `logProbabilityGradient`, `[all choices]`,
   * the gradient of anything by `trajectory.logProbabilities`, means for the parameters.
   */
  backward(trajectory: Trajectory, logProbabilityGradient: Float64Array, gradient: Float64Array): void {
    const hidden = this.#hidden;
    const { parameters } = this;
    const { gates, cells, hiddens } = trajectory;
    const hiddenGradient = new Float64Array(hidden);
    const cellGradient = new Float64Array(hidden);
    const gateGradient = new Float64Array(4 * hidden);

    for (let step = this.choices.length - 1; step >= 0; step--) {
      this.#backwardHead(trajectory, step, logProbabilityGradient, hiddenGradient, gradient);

      const gate = step * 4 * hidden;
      for (let h = 0; h < hidden; h++) {
        const input = gates[gate + h];
        const forget = gates[gate + hidden + h];
        const candidate = gates[gate + 2 * hidden + h];
        const output = gates[gate + 3 * hidden + h];
        const squashed = Math.tanh(cells[(step + 1) * hidden + h]);
        const cell = cellGradient[h] + hiddenGradient[h] * output * (1 - squashed * squashed);
        gateGradient[h] = cell * candidate * input * (1 - input);
        gateGradient[hidden + h] = cell * cells[step * hidden + h] * forget * (1 - forget);
        gateGradient[2 * hidden + h] = cell * input * (1 - candidate * candidate);
        gateGradient[3 * hidden + h] = hiddenGradient[h] * squashed * output * (1 - output);
        cellGradient[h] = cell * forget;
      }

      const embedding = this.#embeddingOf(trajectory.tokens, step);
      hiddenGradient.fill(0);
      for (let g = 0; g < 4 * hidden; g++) {
        const change = gateGradient[g];
        gradient[embedding + g] += change;
        gradient[this.#bias + g] += change;
        const row = this.#recurrent + g * hidden;
        for (let h = 0; h < hidden; h++) {
          hiddenGradient[h] += change * parameters[row + h];
          gradient[row + h] += change * hiddens[step * hidden + h];
        }
      }
    }
  }

  #createTrajectory(): Trajectory {
    const steps = this.choices.length;
    return {
      tokens: new Int32Array(steps),
      logProbabilities: new Float64Array(this.offsets[steps]),
      gates: new Float64Array(steps * 4 * this.#hidden),
      cells: new Float64Array((steps + 1) * this.#hidden),
      hiddens: new Float64Array((steps + 1) * this.#hidden),
    };
  }

  /** Where the embedding of the token before `step` starts. */
  #embeddingOf(tokens: Int32Array, step: number): number {
    const row = step === 0 ? 0 : 1 + this.offsets[step - 1] + tokens[step - 1];
    return this.#embedding + row * 4 * this.#hidden;
  }

  #forwardStep(trajectory: Trajectory, step: number): void {
    const hidden = this.#hidden;
    const { parameters } = this;
    const { gates, cells, hiddens } = trajectory;
    const gate = step * 4 * hidden;
    const before = step * hidden;
    const after = before + hidden;

    const embedding = this.#embeddingOf(trajectory.tokens, step);
    for (let g = 0; g < 4 * hidden; g++) {
      let sum = parameters[embedding + g] + parameters[this.#bias + g];
      const row = this.#recurrent + g * hidden;
      for (let h = 0; h < hidden; h++) sum += parameters[row + h] * hiddens[before + h];
      const isCandidate = g >= 2 * hidden && g < 3 * hidden;
      gates[gate + g] = isCandidate ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
    }
    for (let h = 0; h < hidden; h++) {
      const kept = gates[gate + hidden + h] * cells[before + h];
      cells[after + h] = kept + gates[gate + h] * gates[gate + 2 * hidden + h];
      hiddens[after + h] = gates[gate + 3 * hidden + h] * Math.tanh(cells[after + h]);
    }
    this.#forwardHead(trajectory, step);
  }

  /** The softmax of `step`, from the hidden state after it. */
  #forwardHead(trajectory: Trajectory, step: number): void {
    const { hiddens, logProbabilities } = trajectory;
    const after = (step + 1) * this.#hidden;
    const [start, end] = [this.offsets[step], this.offsets[step + 1]];
    let largest = -Infinity;
    for (let choice = start; choice < end; choice++) {
      const logit = this.#boundedLogit(choice, hiddens, after);
      logProbabilities[choice] = logit;
      largest = Math.max(largest, logit);
    }
    let sum = 0;
    for (let choice = start; choice < end; choice++) sum += Math.exp(logProbabilities[choice] - largest);
    const logSum = largest + Math.log(sum);
    for (let choice = start; choice < end; choice++) logProbabilities[choice] -= logSum;
  }

  #boundedLogit(choice: number, hiddens: Float64Array, after: number): number {
    let logit = this.parameters[this.#headBias + choice];
    const row = this.#heads + choice * this.#hidden;
    for (let h = 0; h < this.#hidden; h++) logit += this.parameters[row + h] * hiddens[after + h];
    return this.#logitBound * Math.tanh(logit / this.#logitBound);
  }

  /** Adds what the softmax of `step` means for `hiddenGradient`, the state after it, and for `gradient`. */
  #backwardHead(
    { hiddens, logProbabilities }: Trajectory,
    step: number,
    logProbabilityGradient: Float64Array,
    hiddenGradient: Float64Array,
    gradient: Float64Array,
  ): void {
    const hidden = this.#hidden;
    const { parameters } = this;
    const after = (step + 1) * hidden;
    const [start, end] = [this.offsets[step], this.offsets[step + 1]];
    let total = 0;
    for (let choice = start; choice < end; choice++) total += logProbabilityGradient[choice];
    for (let choice = start; choice < end; choice++) {
      const bounded = this.#boundedLogit(choice, hiddens, after) / this.#logitBound;
      const softmaxChange = logProbabilityGradient[choice] - Math.exp(logProbabilities[choice]) * total;
      const change = softmaxChange * (1 - bounded * bounded);
      gradient[this.#headBias + choice] += change;
      const row = this.#heads + choice * hidden;
      for (let h = 0; h < hidden; h++) {
        hiddenGradient[h] += change * parameters[row + h];
        gradient[row + h] += change * hiddens[after + h];
      }
    }
  }
}
