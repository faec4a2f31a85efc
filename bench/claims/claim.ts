// The contract of a claim of the papers: what is measured, seed by seed, and the rule that judges it.
import type { DatasetName } from "../../src/data/table.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { ArmRun } from "./arms.ts";
import type { Lab } from "./lab.ts";
import type { Verdict } from "./verdict.ts";

/** Targets: latencies that such shares of evenly drawn students keep, so that both can be reached. */
export const targetShares = [0.2, 0.5] as const;

/** What a block of measurements is made with. */
export interface BlockContext {
  lab: Lab;
  /** From 1. */
  seed: number;
  /** Trials of each search. */
  trials: number;
  /** What the reference network takes, in ms, foreseen. */
  referenceMs: number;
  /** The target of a share of {@linkcode targetShares}, in ms. */
  targetMs: (share: number) => number;
  dataset: DatasetName;
  /** The searches of this process by what they depend on; see runArm. */
  searches: Map<string, Promise<ArmRun>>;
}

/** One judged number. */
export interface Finding {
  /** Number of the claim in the list of claims: H7. */
  id: string;
  /** What the papers say. */
  claimed: string;
  /** What the number is. */
  measured: string;
  value: number | null;
  /** 95 % interval. */
  low: number | null;
  high: number | null;
  /** Unit of the three: "points" of accuracy, "" for ratios and correlations. */
  unit: string;
  /** Independent values behind it. */
  n: number;
  verdict: Verdict;
  /** The rule, in words, with its bound. */
  rule: string;
  note?: string;
}

/** A picture: a name for its file, words for those who do not see it, and the SVG. */
export interface Figure {
  name: string;
  caption: string;
  svg: string;
}

/** A list of rows with a title, for the text. */
export interface ResultTable {
  title: string;
  rows: readonly Readonly<Record<string, string | number | null>>[];
}

/** What can be said from the blocks that are complete. */
export interface Judgement {
  findings: Finding[];
  figures?: Figure[];
  tables?: ResultTable[];
}

/** What judges know beside the blocks. */
export interface JudgeContext {
  /** Really measured latency of a reported student in ms; undefined where it was not measured yet. */
  measuredMs: (architecture: Architecture) => number | undefined;
  /** The students that were measured at first. */
  calibration: readonly { multiplyAdds: number; latencyMs: number }[];
}

export interface Claim<Block = unknown> {
  /** For `--claim`. */
  name: string;
  /** Numbers of the claims that it is about. */
  ids: readonly string[];
  summary: string;
  /** Everything with one seed, at both targets; rejects as `Lab.train`. Blocks of one claim have equal contents. */
  block(context: BlockContext): Promise<Block>;
  /** Students that the block reports, whose latency is really measured. */
  reported?(block: Block): readonly Architecture[];
  /** Pure. `blocks`: one or more. */
  judge(blocks: readonly Block[], context: JudgeContext): Judgement;
}
