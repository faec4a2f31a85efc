// What is to be trained: seed by seed and within a seed setting by setting, so that rows which share a teacher follow each
// other and all settings have as many seeds whenever the benchmark stops.
import { contentHash } from "../../src/schemas/architecture.ts";
import type { Sizes } from "./job.ts";
import { optionsOf } from "./methods.ts";
import { studentOf, teacherOf } from "./networks.ts";
import { type Row, type SettingName, settingOf } from "./settings.ts";

export interface Training {
  key: string;
  setting: SettingName;
  row: Row;
  seed: number;
  sizes: Sizes;
}

/** Counts up where the meaning of a result changes with none of the things that keys are made from. */
const version = 1;

// Of any images: architectures differ between settings by their size alone.
const images = { height: 28, width: 28, channels: 1 };

/** `sizes` with `share` of the images and epochs, at least two batches and one epoch. */
export function scaled(sizes: Sizes, share: number): Sizes {
  const images = (count: number) => Math.max(2 * sizes.batchSize, Math.round(count * share));
  const epochs = (count: number) => Math.max(1, Math.round(count * share));
  return {
    ...sizes,
    trainImages: images(sizes.trainImages),
    testImages: images(sizes.testImages),
    epochs: epochs(sizes.epochs),
    teacherImages: images(sizes.teacherImages),
    teacherEpochs: epochs(sizes.teacherEpochs),
  };
}

/** All trainings of `settings`; `data` has the content hashes of the data sets by name. */
export function planTrainings(
  settings: readonly SettingName[],
  { data, seeds, share }: { data: Readonly<Record<string, string>>; seeds: number; share: number },
): Training[] {
  const networks = { student: studentOf(images), teacher: teacherOf(images) };
  return Array.from({ length: seeds }, (_, index) => index + 1).flatMap((seed) =>
    settings.flatMap((name) => {
      const setting = settingOf(name);
      const sizes = scaled(setting.sizes, share);
      const about = setting.type === "task"
        ? { task: setting.task, wrongDigits: setting.wrongDigits ?? [] }
        : { from: data[setting.from], to: data[setting.to] };
      return setting.rows.map((row): Training => {
        const { method, noisyBoxes = 0 } = row;
        const what = { version, about, method, options: optionsOf(row), noisyBoxes, sizes, networks, seed };
        return { key: contentHash(what).slice(0, 24), setting: name, row, seed, sizes };
      });
    })
  );
}

/** Those of `trainings` that follow each other with the same setting and seed, as groups. */
export function groupsOf(trainings: readonly Training[]): Training[][] {
  const groups: Training[][] = [];
  for (const training of trainings) {
    const last = groups.at(-1);
    const [first] = last ?? [];
    if (last && first.setting === training.setting && first.seed === training.seed) last.push(training);
    else groups.push([training]);
  }
  return groups;
}
