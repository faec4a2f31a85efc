// Every claim, the more important first: a new one is one file and one row.
import type { Claim } from "./claim.ts";
import { controllerClaim } from "./claims/controller.ts";
import { ensembles } from "./claims/ensembles.ts";
import { growthClaim } from "./claims/growth.ts";
import { guidedSearch } from "./claims/guided_search.ts";
import { noiseFloor } from "./claims/noise_floor.ts";
import { rewards } from "./claims/rewards.ts";
import { spacesClaim } from "./claims/spaces.ts";
import { teacherRanking } from "./claims/teacher_ranking.ts";
import { teacherRegions } from "./claims/teacher_regions.ts";
import { transfer } from "./claims/transfer.ts";
import { unsearched } from "./claims/unsearched.ts";

/** Blocks differ by claim; each is given to its own claim only. */
const erased = <Block>(claim: Claim<Block>): Claim => claim as unknown as Claim;

export const claims: readonly Claim[] = [
  erased(guidedSearch),
  erased(noiseFloor),
  erased(teacherRegions),
  erased(spacesClaim),
  erased(unsearched),
  erased(rewards),
  erased(controllerClaim),
  erased(teacherRanking),
  erased(ensembles),
  erased(transfer),
  erased(growthClaim),
];
