// A search small enough for a test, with real trainings; as a program: `tiny_search.ts FOLDER METHOD`.
import { Laboratory } from "../../../bench/claims/laboratory.ts";
import { search, type SearchedStudent } from "../../../bench/claims/search_arm.ts";
import { WorkerPool } from "../../../bench/claims/worker_pool.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { students as networks } from "../../../bench/distillation/networks.ts";

const numbers = { trainImages: 128, epochs: 1, batchSize: 32, peakLearningRate: 0.01 };

export interface TinyResult {
  students: SearchedStudent[];
  begun: number;
}

/** Six trials; `method` "plain", or "weightless": distillation in which the teacher weighs nothing. */
export async function tinySearch(folder: string, method: "plain" | "weightless"): Promise<TinyResult> {
  const pool = new WorkerPool(2);
  try {
    const latencyMs = (architecture: Architecture) => countMultiplyAdds(architecture) / 1e6;
    const lab = new Laboratory({ folder, pool, goOn: () => true, latencyMs, log: () => {} });
    const io = await lab.io("mnist");
    const common = { dataset: "mnist", variant: { name: "whole" }, numbers } as const;
    const teacher = {
      ...common,
      architecture: networks.residual(io),
      seed: 5,
      method: "none",
      teachers: [],
      test: true,
    } as const;
    const students = await search(lab, {
      space: createSpace("mnas", io),
      controller: { name: "ppo" },
      trials: 6,
      seed: 9,
      targetMs: 1,
      training: (architecture, seed) => ({
        ...common,
        architecture,
        seed,
        test: false,
        ...(method === "plain"
          ? { method: "none", teachers: [] }
          : { method: "kd", options: { alpha: 1 }, teachers: [teacher] }),
      }),
    });
    return { students, begun: lab.counts.begun };
  } finally {
    await pool.close();
  }
}

if (import.meta.main) {
  const [folder, method] = Deno.args;
  await tinySearch(folder, method === "plain" ? "plain" : "weightless");
  Deno.exit(0);
}
