// H13, H14, H16: distillation and search with an oracle (KDAS, 1911.13019), judged. How it is measured: grown_networks.ts.
import { mean } from "../../distillation/statistics.ts";
import type { Claim } from "../claim.ts";
import { scatter } from "../figures/scatter.ts";
import { meanTestAccuracy } from "../finals.ts";
import {
  asLarge,
  fixedWidths,
  type Grown,
  type GrowthBlock,
  type LossName,
  lossNames,
  measureGrowth,
  memoryFactors,
} from "../grown_networks.ts";
import { findingFrom } from "../paired.ts";
import { percent } from "../rows.ts";

export const growthClaim: Claim<GrowthBlock> = {
  name: "growth",
  ids: ["H13", "H14", "H16"],
  summary: "3x3 of search loss and final loss for networks grown from a backbone; memory against accuracy",
  block: measureGrowth,
  judge(blocks) {
    const all = blocks.flatMap(({ ensemble, grown, seed }) => grown.map((one) => ({ ...one, ensemble, seed })));
    const accuracy = (one: Grown, loss: LossName) => meanTestAccuracy([one.finals[loss]]);
    const of = (searchLoss: LossName) => all.filter((one) => one.searchLoss === searchLoss);
    /** The oracle in both, minus what `other` says of the cells of the same seed and budget. */
    const oracleMinus = (other: (cells: readonly Grown[]) => number) =>
      of("oracle").map((one) => ({
        stratum: one.factor,
        value: accuracy(one, "oracle") -
          other(all.filter(({ factor, seed }) => factor === one.factor && seed === one.seed)),
      }));
    const cell = (searchLoss: LossName, loss: LossName) => (cells: readonly Grown[]) => {
      const found = cells.find((one) => one.searchLoss === searchLoss);
      if (!found) throw new Error(`no network was grown with the loss ${searchLoss}`);
      return accuracy(found, loss);
    };
    const [bestOther] = lossNames.flatMap((searchLoss) => lossNames.map((loss) => ({ searchLoss, loss })))
      .filter(({ loss, searchLoss }) => searchLoss !== "oracle" || loss !== "oracle")
      .map((one) => ({ ...one, validation: mean(of(one.searchLoss).map(({ finals }) => finals[one.loss].accuracy)) }))
      .sort((a, b) => b.validation - a.validation);
    const points = { scale: 100, above: 0, worth: 0.5 };
    const findings = [
      {
        id: "H14",
        claimed: "best with the oracle in both search and final training",
        measured:
          "test accuracy of oracle/oracle minus that of the one of the eight other cells of the grid that has the " +
          `best mean validation accuracy over seeds and budgets, ${bestOther.searchLoss}/${bestOther.loss}`,
        values: oracleMinus(cell(bestOther.searchLoss, bestOther.loss)),
      },
      {
        id: "H14",
        claimed: "the search's loss matters where the final training is by the oracle",
        measured: "test accuracy of oracle/oracle minus labels/oracle",
        values: oracleMinus(cell("labels", "oracle")),
      },
      {
        id: "H14",
        claimed: "found by distillation but trained from labels is poor",
        measured: "test accuracy, finals from labels: network grown from labels minus network grown by the average",
        values: of("labels").map((one) => ({
          stratum: one.factor,
          value: accuracy(one, "labels") -
            cell("average", "labels")(all.filter(({ factor, seed }) => factor === one.factor && seed === one.seed)),
        })),
      },
      {
        id: "H13",
        claimed: "the searched student exceeds its ensemble of teachers",
        measured: "test accuracy of oracle/oracle minus that of the five teachers together",
        values: of("oracle").map((one) => ({
          stratum: one.factor,
          value: accuracy(one, "oracle") - one.ensemble,
        })),
      },
      {
        id: "H16",
        claimed: "grown students beat fixed ones of at least their memory",
        measured:
          "test accuracy, final training by the oracle: oracle/oracle minus the backbone widened until it takes " +
          "as much memory",
        values: blocks.flatMap(({ fixed, grown }) =>
          grown.filter(({ searchLoss }) => searchLoss === "oracle").map((one) => ({
            stratum: one.factor,
            value: accuracy(one, "oracle") - meanTestAccuracy([asLarge(fixed, one.memoryBytes).final]),
          }))
        ),
      },
    ];
    return {
      findings: findings.map(({ values, ...text }) => findingFrom({ ...text, unit: "points" }, values, points)),
      figures: [scatter({
        name: "memory-and-accuracy",
        caption:
          "Memory against test accuracy, final training by the oracle: grown networks by the loss of their search, " +
          "and the backbone widened without a search.",
        panel: "Final training by the oracle",
        x: "memory of an inference, KiB",
        y: "test accuracy, %",
        series: [...lossNames.map((loss) => `grown by ${loss}`), "backbone, wider"],
        points: [
          ...all.map((one) => ({
            x: one.memoryBytes / 1024,
            y: 100 * accuracy(one, "oracle"),
            series: lossNames.indexOf(one.searchLoss),
          })),
          ...blocks.flatMap(({ fixed }) =>
            fixed.map(({ final, memoryBytes }) => ({
              x: memoryBytes / 1024,
              y: 100 * meanTestAccuracy([final]),
              series: lossNames.length,
            }))
          ),
        ],
      })],
      tables: [
        {
          title: "H14: test accuracy by loss of search and of final training, %, means over seeds and budgets",
          rows: lossNames.map((searchLoss) => ({
            "search by": searchLoss,
            ...Object.fromEntries(
              lossNames.map((
                loss,
              ) => [`final by ${loss}`, percent(mean(of(searchLoss).map((one) => accuracy(one, loss))))]),
            ),
            "mean memory, KiB": Math.round(mean(of(searchLoss).map(({ memoryBytes }) => memoryBytes)) / 1024),
            searches: of(searchLoss).length,
          })),
        },
        {
          title: "H13, H16: memory and test accuracy, final training by the oracle",
          rows: [
            ...memoryFactors.map((factor) => {
              const ones = of("oracle").filter((one) => one.factor === factor);
              return {
                network: `grown, ${factor} times the backbone's memory allowed`,
                "memory, KiB": Math.round(mean(ones.map(({ memoryBytes }) => memoryBytes)) / 1024),
                "test accuracy, %": percent(mean(ones.map((one) => accuracy(one, "oracle")))),
              };
            }),
            ...fixedWidths.map((width) => {
              const ones = blocks.flatMap(({ fixed }) => fixed.filter((one) => one.width === width));
              return {
                network: `backbone, width ${width}`,
                "memory, KiB": Math.round(ones[0].memoryBytes / 1024),
                "test accuracy, %": percent(mean(ones.map(({ final }) => meanTestAccuracy([final])))),
              };
            }),
            {
              network: "ensemble of teachers",
              "memory, KiB": null,
              "test accuracy, %": percent(mean(blocks.map(({ ensemble }) => ensemble))),
            },
          ],
        },
      ],
    };
  },
};
