// H11: what a search found holds elsewhere. Its winners on another data set, as embeddings for classes that were never
// taught, and together as an ensemble.
import { hashSeed } from "../../../src/data/random.ts";
import { DataUnavailableError } from "../../../src/data/source.ts";
import type { DatasetName } from "../../../src/data/table.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";
import type { SpaceOptions } from "../../../src/spaces/space.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { finalTraining, runArm, teachingBy } from "../arms.ts";
import { type BlockContext, type Claim, targetShares } from "../claim.ts";
import { ensembleAccuracy } from "../ensemble.ts";
import { finalCount, finishArm, meanTestAccuracy } from "../finals.ts";
import type { Lab } from "../lab.ts";
import { findingFrom } from "../paired.ts";
import { percent } from "../rows.ts";
import { labelsOnly, settleAll, topStudents } from "../search_arm.ts";
import { mean } from "../../distillation/statistics.ts";

/** Where winners go, and how they are asked there. */
const destinations = [
  { name: "cifar10", dataset: "cifar10", variant: { name: "whole" } },
  { name: "open-set mnist", dataset: "mnist", variant: { name: "open-set", classes: 7 } },
] as const satisfies readonly { name: string; dataset: DatasetName; variant: unknown }[];

const arms = ["plain", "guided", "random"] as const;

interface Cell {
  share: number;
  /**
   * Mean over the best two of each arm, by destination: accuracy, or area under the curve of verification; null where the
   * data set could not be had.
   */
  scores: Record<typeof arms[number], (number | null)[]>;
  /** Test accuracies on the data of the search: of two winners, of their ensemble, of the first one's two retrainings
   * together. */
  ensemble: { single: number; winners: number; retrained: number };
}

export interface TransferBlock {
  seed: number;
  cells: Cell[];
}

/** What networks for `dataset` take in and give out; null where it cannot be had on this machine. */
async function ioOf(lab: Lab, dataset: DatasetName): Promise<SpaceOptions | null> {
  try {
    return await lab.io(dataset);
  } catch (error) {
    if (error instanceof DataUnavailableError) return null;
    throw error;
  }
}

/** Mean score of the networks that `tokens` give for the destination's images, trained there from labels. */
async function scoreAt(
  context: BlockContext,
  tokens: readonly (readonly number[])[],
  { dataset, variant }: typeof destinations[number],
): Promise<number | null> {
  const io = await ioOf(context.lab, dataset);
  if (io === null) return null;
  const classes = variant.name === "open-set" ? variant.classes : io.classes;
  const space = createSpace("mnas", { ...io, classes });
  const scores = await settleAll(tokens.map(async (one) => {
    const architecture = space.decode(one);
    const seed = hashSeed("transfer", context.seed, architectureHash(architecture));
    const training = finalTraining({ dataset }, architecture, { seed, teaching: labelsOnly });
    const outcome = await context.lab.train({ ...training, variant });
    if (outcome.diverged !== undefined) return variant.name === "open-set" ? 0.5 : 1 / classes;
    const score = variant.name === "open-set" ? outcome.verification : outcome.testAccuracy;
    if (score === undefined) throw new Error("a training on another data set was not scored");
    return score;
  }));
  return mean(scores);
}

async function ensembleOf(context: BlockContext, share: number): Promise<Cell["ensemble"]> {
  const { dataset, lab } = context;
  const { distilled, winners } = await finishArm(context, "guided", share);
  const retrained = await settleAll(Array.from({ length: winners.length }, async (_, copy) => {
    const teaching = await teachingBy(lab, "residual", { dataset });
    const seed = hashSeed("ensemble", context.seed, copy, architectureHash(winners[0]));
    return await lab.train(finalTraining(context, winners[0], { seed, teaching }));
  }));
  const labels = await lab.testLabels(dataset);
  const together = async (members: readonly ({ logits?: string } | { diverged: string })[]) => {
    const files = members.flatMap((one) => "logits" in one && one.logits !== undefined ? [one.logits] : []);
    const logits = await Promise.all(files.map(async (file) => new Float32Array((await Deno.readFile(file)).buffer)));
    return ensembleAccuracy(logits, labels);
  };
  return {
    single: meanTestAccuracy(distilled),
    winners: await together(distilled),
    retrained: await together(retrained.filter((one) => one.diverged === undefined)),
  };
}

export const transfer: Claim<TransferBlock> = {
  name: "transfer",
  ids: ["H11"],
  summary: "winners on another data set, in open-set verification and as ensembles",
  async block(context) {
    const cells = await settleAll(targetShares.map(async (share): Promise<Cell> => {
      const [ensemble, ...scores] = await Promise.all([
        ensembleOf(context, share),
        ...arms.map(async (arm) => {
          const { students, targetMs } = await runArm(context, arm, share);
          const tokens = topStudents(students, finalCount, targetMs).map((student) => student.tokens);
          return await settleAll(destinations.map((destination) => scoreAt(context, tokens, destination)));
        }),
      ]);
      const [plain, guided, random] = scores;
      return { share, scores: { plain, guided, random }, ensemble };
    }));
    return { seed: context.seed, cells };
  },
  judge(blocks) {
    const all = blocks.flatMap(({ cells, seed }) => cells.map((cell) => ({ ...cell, seed })));
    const values = (value: (cell: Cell) => number) => all.map((cell) => ({ stratum: cell.share, value: value(cell) }));
    const points = { scale: 100, above: 0, worth: 0.5 };
    return {
      findings: [
        ...destinations.flatMap(({ name }, place) =>
          all.some(({ scores }) => scores.guided[place] === null)
            ? []
            : (["plain", "random"] as const).map((other) =>
              findingFrom(
                {
                  id: "H11",
                  claimed: `${name}: the guided search's winners are better than those of ${
                    other === "plain" ? "the plain search" : "random proposals"
                  }`,
                  measured: `guided minus ${other}, best two, trained there from labels`,
                  unit: "points",
                },
                values(({ scores }) => (scores.guided[place] ?? 0) - (scores[other][place] ?? 0)),
                points,
              )
            )
        ),
        findingFrom(
          {
            id: "H11",
            claimed: "an ensemble of winners beats its members",
            measured: "test accuracy of the mean of two winners' probabilities minus their mean test accuracy",
            unit: "points",
          },
          values(({ ensemble }) => ensemble.winners - ensemble.single),
          points,
        ),
        findingFrom(
          {
            id: "H11",
            claimed: "different winners make a better ensemble than one winner twice",
            measured: "ensemble of two winners minus ensemble of two trainings of the first",
            unit: "points",
          },
          values(({ ensemble }) => ensemble.winners - ensemble.retrained),
          points,
        ),
      ],
      tables: [{
        title: "H11: winners elsewhere and together, %",
        rows: all.map(({ ensemble, share, scores, seed }) => ({
          seed,
          target: share,
          ...Object.fromEntries(
            destinations.flatMap(({ name }, place) =>
              arms.map((arm) => {
                const score = scores[arm][place];
                return [`${name}, ${arm}`, score === null ? null : percent(score)];
              })
            ),
          ),
          "one winner": percent(ensemble.single),
          "two winners": percent(ensemble.winners),
          "one winner twice": percent(ensemble.retrained),
        })),
      }],
    };
  },
};
