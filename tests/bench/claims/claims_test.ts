import { assert, assertEquals } from "@std/assert";
import type { BlockContext, JudgeContext } from "../../../bench/claims/claim.ts";
import { noiseFloorOf } from "../../../bench/claims/claims/noise_floor.ts";
import { meanCorrelation } from "../../../bench/claims/claims/teacher_ranking.ts";
import { slope } from "../../../bench/claims/claims/ensembles.ts";
import { markdownOf } from "../../../bench/claims/markdown.ts";
import { claims } from "../../../bench/claims/table.ts";
import { createFakeLab } from "./fake_lab.ts";

const judging: JudgeContext = {
  measuredMs: () => 0.9,
  calibration: [1, 2, 3, 4, 5].map((size) => ({ multiplyAdds: size * 1e6, latencyMs: size + size % 2 / 10 })),
};

for (const claim of claims) {
  Deno.test(`claim ${claim.name}: two seeds give findings of its claims, figures and tables`, async () => {
    using lab = createFakeLab();
    const context: Omit<BlockContext, "seed"> = {
      lab,
      trials: 12,
      referenceMs: 1,
      targetMs: (share) => 0.5 + share,
      dataset: "fashion-mnist",
      searches: new Map(),
    };
    const blocks = [await claim.block({ ...context, seed: 1 }), await claim.block({ ...context, seed: 2 })];
    const { figures = [], findings, tables = [] } = claim.judge(blocks, judging);
    for (const id of claim.ids) assert(findings.some((finding) => finding.id === id), `no finding of ${id}`);
    for (const finding of findings) {
      assert(finding.value !== null && Number.isFinite(finding.value), `${finding.measured}: ${finding.value}`);
      if (finding.low !== null && finding.high !== null) assert(finding.low <= finding.high);
    }
    for (const { svg } of figures) {
      assert(svg.startsWith("<svg ") && svg.trimEnd().endsWith("</svg>"));
      assert(!/NaN|undefined|Infinity/.test(svg), `${claim.name} draws nothing at a place`);
    }
    for (const { rows } of tables) assert(rows.length > 0);
    // The test part is read by long trainings only.
    assert(lab.requests.every(({ numbers, test }) => test === numbers.trainImages > 4096 || numbers.epochs > 1));
    const text = markdownOf({
      date: "2026-11-21T00:00:00Z",
      machine: "a machine",
      noise: null,
      failures: [],
      setting: [],
      sections: [{ name: claim.name, summary: claim.summary, seeds: 2, findings, tables, figures: [] }],
    });
    assert(!/NaN|undefined|null/.test(text), text);
    for (const architecture of blocks.flatMap((block) => claim.reported?.(block) ?? [])) {
      assert(architecture.nodes.length > 0);
    }
  });
}

Deno.test("equal seeds give equal blocks", async () => {
  const [claim] = claims;
  const block = async () => {
    using lab = createFakeLab();
    const context = {
      lab,
      trials: 12,
      referenceMs: 1,
      targetMs: () => 1,
      dataset: "fashion-mnist",
      searches: new Map(),
    } as const;
    return JSON.stringify(await claim.block({ ...context, seed: 3 })).replace(/"logits":"[^"]*"/g, "");
  };
  assertEquals(await block(), await block());
});

Deno.test("the noise floor is the deviation of the same student, not that between students", () => {
  const noise = noiseFloorOf([{ proxy: [0.5, 0.9], final: [0.7, 0.7] }, { proxy: [0.52, 0.92], final: [0.7, 0.7] }]);
  assertEquals(noise?.proxyPoints.toFixed(4), Math.SQRT2.toFixed(4));
  assertEquals(noise?.finalPoints, 0);
  assertEquals(noiseFloorOf([{ proxy: [0.5], final: [0.5] }]), null);
});

Deno.test("the mean correlation of pairs of trainings, and the slope of least squares", () => {
  const students = [[1, 2, 3], [2, 1, 2], [3, 3, 1]];
  assertEquals(meanCorrelation(students, [[0, 1], [0, 2]]), (0.5 + -1) / 2);
  assertEquals(slope([{ x: 1, y: 1 }, { x: 2, y: 3 }, { x: 3, y: 5 }]), 2);
});
