// 1511.03643, section 6: when a linear student gains by a teacher that sees more, and when it does not.
import { assert } from "@std/assert";
import { type Experiment, runPrivileged } from "../../bench/privileged_information.ts";

/** Accuracies of the paper: teacher on x*, student by labels, student by the teacher's soft labels. */
const published: Record<Experiment, { privileged: number; regular: number; distilled: number; helps: boolean }> = {
  "clean labels": { privileged: 0.96, regular: 0.88, distilled: 0.95, helps: true },
  "clean features": { privileged: 0.9, regular: 0.68, distilled: 0.7, helps: false },
  "relevant features": { privileged: 0.98, regular: 0.89, distilled: 0.97, helps: true },
  "sample-dependent features": { privileged: 0.96, regular: 0.55, distilled: 0.56, helps: false },
};

for (const [experiment, { helps, ...paper }] of Object.entries(published)) {
  Deno.test(`a teacher with ${experiment} ${helps ? "improves" : "does not improve"} a linear student`, () => {
    const found = runPrivileged({ experiment: experiment as Experiment, repeats: 6, testSamples: 1000, seed: 1 });
    const text = JSON.stringify(found);
    const gain = found.distilled - found.regular;
    if (helps) assert(gain > 0.05, text);
    else assert(Math.abs(gain) < 0.025, text);
    assert(found.privileged > found.regular + 0.05, text);
    for (const key of ["privileged", "regular", "distilled"] as const) {
      assert(Math.abs(found[key] - paper[key]) < 0.06, `${key}: ${text}, published ${paper[key]}`);
    }
  });
}
