// What is done in which order: claim by claim in the order of their importance, in each seed by seed. A seed counts once
// all of it is there, so whenever the budget ends, all arms of a claim have as many seeds.
import type { BlockContext, Claim } from "./claim.ts";
import { BudgetSpentError, type Lab } from "./lab.ts";

/** A claim with the blocks of its first seeds. */
export interface MeasuredClaim {
  claim: Claim;
  /** Of seeds 1, 2, ... in order, without a gap. */
  blocks: unknown[];
  /** Why there are no more of them, where it was not the budget. */
  failure?: string;
}

/**
 * Blocks in work at the same time. The trainings of the earlier one come first; those of the next fill what is left, such
 * as the end of a search's batch, when all its students but one are done.
 */
const concurrentBlocks = 2;

/**
 * Runs the blocks of `claims` with seeds 1 to `seeds`. A claim for which the budget ends is left there, others go on as far
 * as records answer them. Any other error ends its claim alone, and is told: hours of the others must not be lost by it.
 */
export async function runBlocks(
  claims: readonly Claim[],
  { lab, log, seeds, ...context }: Omit<BlockContext, "seed"> & {
    lab: Lab;
    seeds: number;
    log: (line: string) => void;
  },
): Promise<MeasuredClaim[]> {
  const measured = claims.map((claim): MeasuredClaim => ({ claim, blocks: [] }));
  const plan = measured.flatMap((one) => Array.from({ length: seeds }, (_, index) => ({ one, seed: index + 1 })));
  const results = new Map<MeasuredClaim, Map<number, unknown>>();
  const broken = new Set<MeasuredClaim>();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < plan.length) {
      const rank = next++;
      const { one, seed } = plan[rank];
      if (broken.has(one)) continue;
      try {
        const block = await one.claim.block({ ...context, lab: lab.ranked(rank), seed });
        const known = results.get(one) ?? new Map<number, unknown>();
        results.set(one, known.set(seed, block));
        log(`${one.claim.name}, seed ${seed}: done`);
      } catch (error) {
        broken.add(one);
        if (error instanceof BudgetSpentError) continue;
        one.failure ??= `seed ${seed}: ${(error as Error).message}`;
        log(`${one.claim.name}, seed ${seed} failed: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrentBlocks }, work));
  for (const one of measured) {
    const known = results.get(one);
    for (let seed = 1; known?.has(seed); seed++) one.blocks.push(known.get(seed));
  }
  return measured;
}
