// A fault that is no student's, a full disk or a trainer that dies for instance, is no student's result: the run stops,
// and its next start takes up what was not finished, so that the search is the one that it would have been without.

/**
 * The run stopped for a fault outside its students; whatever was finished is stored, and the same call goes on from
 * there.
 */
export class OutsideFaultError extends Error {
  override name = "OutsideFaultError";
}

/**
 * Starts of a run that one student may stop before it is taken to be the student's doing after all, one that needs more
 * memory than there is for instance: it would stop the run for ever.
 */
export const mostFaultyStarts = 2;

/** Why a student is given up that broke down in each of `starts` starts of its run. */
export function whyGivenUp(error: Error, starts: number): string {
  return starts === 1 ? error.message : `${error.message} (in ${starts} starts of the run)`;
}
