// Whose fault it was that a training or a timing broke down: its student's, or that of the machinery around all of them.
import type { Trial } from "../src/schemas/trial.ts";
import { mostFaultyStarts } from "./outside_fault.ts";

/** What every student goes through. */
export type Step = "timing" | "training";

/** `stop`: the machinery is broken, so that no student can be judged. */
export type FaultVerdict = "again" | "given up" | "stop";

/** The faults outside the students that one start of a run has met. */
export class FaultRecord {
  readonly #underWay: Record<Step, number>;
  /** How many students got through each step. */
  readonly #through: Record<Step, number> = { timing: 0, training: 0 };
  /** By network: its first fault, and how many students had got through that step by then. */
  readonly #faults = new Map<string, { step: Step; through: number }>();
  readonly #givenUp = new Set<string>();

  /** `trainers`: trainings at the same time. */
  constructor({ trainers }: { trainers: number }) {
    // Those in training when a fault came may end well whatever it was.
    this.#underWay = { timing: 0, training: trainers - 1 };
  }

  /** A student got through `step`, with whatever result. */
  gotThrough(step: Step): void {
    this.#through[step]++;
  }

  /** The network broke down before in such a way that it is not tried again. */
  giveUp(architectureHash: string): void {
    this.#givenUp.add(architectureHash);
  }

  /**
   * What becomes of `trial`, which broke down at `step`: at first it is tried again. Then it is given up where others got
   * through since, or where it broke down in earlier starts as well; else all must stop.
   */
  judge(
    { architectureHash, faultyStarts: before = 0 }: Pick<Trial, "architectureHash" | "faultyStarts">,
    step: Step,
  ): { faultyStarts: number; verdict: FaultVerdict } {
    const fault = this.#faults.get(architectureHash);
    const faultyStarts = Math.max(1, before + (fault ? 0 : 1));
    const othersGotThrough = fault?.step === step && this.#through[step] > fault.through + this.#underWay[step];
    const isHopeless = this.#givenUp.has(architectureHash) || othersGotThrough ||
      (fault !== undefined && faultyStarts >= mostFaultyStarts);
    if (isHopeless) {
      this.giveUp(architectureHash);
      return { faultyStarts, verdict: "given up" };
    }
    if (fault) return { faultyStarts, verdict: "stop" };
    this.#faults.set(architectureHash, { step, through: this.#through[step] });
    return { faultyStarts, verdict: "again" };
  }
}
