// Whether two sessions rank students alike whose neighbours are 5 to 10 % apart.
import type { Model } from "../../src/schemas/measurement.ts";
import type { Lab } from "./lab.ts";
import { student } from "./networks.ts";
import type { Row } from "./row.ts";
import { chain, kendallTau } from "./statistics.ts";
import { usualMean } from "./usual.ts";

/** Seeds of the students among which neighbours are looked for, by sessions of so many. */
const screened = 96;
const perSession = 24;
const apart = { closest: 1.05, farthest: 1.1 };

async function screen(lab: Lab, first: number): Promise<{ seed: number; latencyMs: number }[]> {
  const seeds = Array.from({ length: perSession }, (_, index) => first + index);
  const { models } = await lab.session(seeds.map(student), "fast");
  return models.map(({ latencyMs }, index) => ({ seed: seeds[index], latencyMs }));
}

export const ranking: Row = async ({ lab, pieces, students }) => {
  const known = (await pieces.collect(
    "ranking, candidates",
    screened / perSession,
    (index) => screen(lab, index * perSession),
  )).flat();
  const found = chain(known.map(({ latencyMs }) => latencyMs), apart.closest, apart.farthest);
  if (found.length < students) {
    throw new Error(`among ${screened} students the longest chain of neighbours 5 to 10 % apart has ${found.length}`);
  }
  // The quickest of the chain: they cost least time.
  const models: Model[] = found.slice(0, students).map((index) => student(known[index].seed));
  const sessions = await pieces.collect("ranking, sessions", 2, () => lab.session(models, "standard"));
  const [first, second] = sessions.map(({ models }) => models.map(({ latencyMs }) => latencyMs));
  const usual = await pieces.collect("ranking, usual", 2, async () => {
    const means: number[] = [];
    for (const model of models) means.push(await usualMean(lab, model));
    return means;
  });
  const tau = kendallTau(first, second);
  return [{
    figure: `Kendall's tau of ${students} students, neighbours 5 to 10 % apart, between two sessions`,
    aim: ">= 0.95",
    nacre: tau.toFixed(2),
    usual: kendallTau(usual[0], usual[1]).toFixed(2),
    met: tau >= 0.95,
  }, {
    figure: "seconds per session of these",
    aim: "",
    nacre: `${Math.max(...sessions.map(({ seconds }) => seconds)).toFixed(0)} s`,
    usual: "",
    met: null,
  }];
};
