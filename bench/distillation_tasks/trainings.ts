// Any training of the benchmark; the teacher of a setting and seed is trained once for rows that follow each other.
import type { Engine } from "../../src/engine/network.ts";
import type { Job, Trained } from "./job.ts";
import { type SettingName, settingOf } from "./settings.ts";
import { openTask, type Trainings } from "./task_trainings.ts";
import { openTransfer } from "./transfer_trainings.ts";

/** Owns what it keeps: call `dispose`. */
export class JobRunner {
  readonly #engine: Engine;
  #open: { key: string; trainings: Trainings } | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Throws a RangeError on a row that there is not, else as the training does. */
  async run({ files, row: name, seed, setting: settingName, sizes }: Job): Promise<Trained> {
    const setting = settingOf(settingName as SettingName);
    const row = setting?.rows.find((row) => row.name === name);
    if (!row) throw new RangeError(`${settingName} has no row "${name}"`);
    const key = JSON.stringify([settingName, seed, sizes]);
    if (this.#open?.key !== key) {
      this.dispose();
      const options = { engine: this.#engine, seed, sizes };
      const trainings = setting.type === "task"
        ? await openTask(setting, options)
        : await openTransfer(setting, { ...options, files });
      this.#open = { key, trainings };
    }
    return await this.#open.trainings.run(row);
  }

  dispose(): void {
    this.#open?.trainings.dispose();
    this.#open = undefined;
  }
}
