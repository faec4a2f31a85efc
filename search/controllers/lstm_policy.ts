// The policy of a controller: which token to take next, given those taken. Written out for one sequence at a time
// with gradients by hand, because at this size any tensor library spends its time between the operations.
import type { Random } from "../../src/data/random.ts";
import { DecisionHeads, type DecisionHeadsOptions } from "./decision_heads.ts";

export interface LstmPolicyOptions extends DecisionHeadsOptions {
  /** Weights are drawn from this far to each side of 0; biases and the critic start there. */
  initialRange: number;
}

/** What the policy thinks along one sequence of tokens, `[decisions]`, and what `backward` needs of the way there. */
export interface Trajectory {
  readonly tokens: Int32Array;
  /** log P of every choice, `[choices of decision 0, choices of decision 1, ...]`; of illegal ones -Infinity. */
  readonly logProbabilities: Float64Array;
  /** Gates after their activation, `[decisions, 4 * hidden]`: input, forget, candidate, output. */
  readonly gates: Float64Array;
  /** Cell and hidden state, `[decisions + 1, hidden]`; the first row is zero. */
  readonly cells: Float64Array;
  readonly hiddens: Float64Array;
  /** What the critic expects before each decision, `[decisions]`. */
  readonly values: Float64Array;
}

/**
 * A one-layer LSTM (Hochreiter and Schmidhuber 1997) that reads the previous token and gives one softmax per decision,
 * over its legal choices, and one value, the critic's. All parameters lie in one array, for the optimizer and for
 * snapshots.
 */
export class LstmPolicy {
  readonly parameters: Float64Array;
  readonly choices: readonly number[];
  /** Index of each decision's first choice in `Trajectory.logProbabilities`; the last entry is the total. */
  readonly offsets: readonly number[];
  readonly #hidden: number;
  readonly #heads: DecisionHeads;

  // Where each part starts in `parameters`. The embedding of a token is what it adds to the gates, `[4 * hidden]`:
  // a separate matrix between embedding and gates could express no more. Row 0 stands for "nothing taken yet".
  readonly #embedding = 0;
  readonly #recurrent: number;
  readonly #bias: number;

  constructor(options: LstmPolicyOptions, random: Random) {
    this.#heads = new DecisionHeads(options);
    this.offsets = this.#heads.offsets;
    this.choices = options.decisions.map(({ choices }) => choices.length);
    this.#hidden = options.hiddenSize;
    const totalChoices = this.offsets[this.choices.length];
    const gateSize = 4 * this.#hidden;
    this.#recurrent = this.#embedding + (1 + totalChoices) * gateSize;
    this.#bias = this.#recurrent + gateSize * this.#hidden;
    const heads = this.#bias + gateSize;
    const headWeights = totalChoices * this.#hidden;
    // Biases are zero, and so is all of the critic, which expects nothing before it has learned.
    this.parameters = new Float64Array(heads + this.#heads.size);
    const draw = () => options.initialRange * (2 * random.next() - 1);
    for (let i = 0; i < this.#bias; i++) this.parameters[i] = draw();
    for (let i = heads; i < heads + headWeights; i++) this.parameters[i] = draw();
  }

  /** Draws a sequence of tokens. */
  sample(random: Random): number[] {
    const trajectory = this.#createTrajectory();
    for (let step = 0; step < this.choices.length; step++) {
      this.#forwardStep(trajectory, step);
      trajectory.tokens[step] = this.#draw(trajectory, step, random);
    }
    return [...trajectory.tokens];
  }

  /** What the policy thinks along `tokens`, which are in range and legal. */
  forward(tokens: ArrayLike<number>): Trajectory {
    const trajectory = this.#createTrajectory();
    trajectory.tokens.set(tokens);
    for (let step = 0; step < this.choices.length; step++) this.#forwardStep(trajectory, step);
    return trajectory;
  }

  /**
   * Back-propagation through time: adds to `gradient`, `[parameters]`, what `logProbabilityGradient`, `[all choices]`,
   * the gradient of anything by `trajectory.logProbabilities`, and `valueGradient`, `[decisions]`, that by
   * `trajectory.values`, mean for the parameters. What is said of illegal choices does not count.
   */
  backward(
    trajectory: Trajectory,
    logProbabilityGradient: Float64Array,
    gradient: Float64Array,
    valueGradient?: Float64Array,
  ): void {
    const hidden = this.#hidden;
    const { parameters } = this;
    const { gates, cells, hiddens } = trajectory;
    const hiddenGradient = new Float64Array(hidden);
    const cellGradient = new Float64Array(hidden);
    const gateGradient = new Float64Array(4 * hidden);

    for (let step = this.choices.length - 1; step >= 0; step--) {
      this.#heads.backward(parameters, trajectory, step, logProbabilityGradient, hiddenGradient, gradient);
      const valueChange = valueGradient?.[step] ?? 0;
      if (valueChange !== 0) {
        this.#heads.backwardValue(parameters, trajectory, step, valueChange, hiddenGradient, gradient);
      }

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
      values: new Float64Array(steps),
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
    this.#heads.forward(parameters, trajectory, step);
  }

  /** A token of `step` by its probabilities. */
  #draw({ logProbabilities }: Trajectory, step: number, random: Random): number {
    const start = this.offsets[step];
    let rest = random.next();
    let drawn = 0;
    for (let token = 0; token < this.choices[step]; token++) {
      const probability = Math.exp(logProbabilities[start + token]);
      if (probability === 0) continue;
      // Where rounding leaves a rest at the end, the last legal token has it.
      drawn = token;
      rest -= probability;
      if (rest < 0) break;
    }
    return drawn;
  }
}
