import type { RawLoad } from "../../src/schemas/measurement.ts";

/** Rounds in which all the networks ran that did not fail; after a failure earlier rounds have a column more. */
export function validRounds({ report, rounds }: RawLoad): number[][] {
  const columns = report.networks.filter(({ outcome }) => outcome === "timed").length;
  return rounds.filter((round) => round.length === columns);
}
