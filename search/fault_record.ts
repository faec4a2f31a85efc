// Whose fault it was that a training or a timing broke down: its student's, or that of the machinery around all of them.
import { mostFaultyStarts } from "./outside_fault.ts";

/** What every student goes through. */
export type Step = "timing" | "training";

/** A student that broke down at a step, for a reason outside itself as far as one knows. */
export interface Breakdown {
  /** Which student, for instance by its network's hash. */
  key: string;
  step: Step;
  /** How many earlier starts of the run it has stopped. */
  starts: number;
  /** Nothing else is left to do, by which one could see whether the machinery works. */
  isAlone: boolean;
}

/**
 * `again`: once the others have ended. `given up`: it is the student's. `stop`: the machinery is broken, no student can be
 * judged; with `charge` this one stopped it, others only came after.
 */
export type FaultVerdict = { type: "again" } | { type: "given up" } | { type: "stop"; charge: boolean };

/** The faults outside the students that one start of a run has met. */
export class FaultRecord {
  readonly #underWay: Record<Step, number>;
  /** How many students got through each step. */
  readonly #through: Record<Step, number> = { timing: 0, training: 0 };
  /** By step and student: how many others had got through that step at its first fault. */
  readonly #faults = new Map<string, number>();
  readonly #givenUp = new Set<string>();
  #isStopped = false;

  /** `trainers`: trainings at the same time. */
  constructor({ trainers }: { trainers: number }) {
    // Those in training when a fault came may end well whatever it was.
    this.#underWay = { timing: 0, training: trainers - 1 };
  }

  /** A student got through `step`, with whatever result. */
  gotThrough(step: Step): void {
    this.#through[step]++;
  }

  /** The student broke down before in such a way that it is not tried again. */
  giveUp(key: string): void {
    this.#givenUp.add(key);
  }

  /**
   * What becomes of a student that broke down: at first it is tried again. Then it is given up where others got through
   * since, or where it stopped an earlier start and others got through in this one or there are none; else all stop.
   */
  judge({ isAlone, key, starts, step }: Breakdown): FaultVerdict {
    const fault = `${step} ${key}`;
    const before = this.#faults.get(fault);
    const through = this.#through[step];
    if (before === undefined && !this.#givenUp.has(key)) {
      this.#faults.set(fault, through);
      return { type: "again" };
    }
    const othersGotThrough = before !== undefined && through > before + this.#underWay[step];
    const stoppedTooOften = starts + 1 >= mostFaultyStarts && (through > 0 || isAlone);
    if (this.#givenUp.has(key) || othersGotThrough || stoppedTooOften) {
      this.giveUp(key);
      return { type: "given up" };
    }
    const charge = !this.#isStopped;
    this.#isStopped = true;
    return { type: "stop", charge };
  }
}
