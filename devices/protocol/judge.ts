// What a device sent -> what may be believed. Devices send raw samples; only this side makes statistics of them.
import {
  type DeviceDescription,
  type MeasuredLoad,
  type MeasuredNetwork,
  type Measurement,
  modelHash,
  type NetworkReport,
  type Nominal,
  type ProfileName,
  PROTOCOL,
  type RawLoad,
  type RuntimeName,
} from "../../src/schemas/measurement.ts";
import { type FlagName, invalidates } from "./flags.ts";
import { slowdowns, throttledAbove } from "./load_speed.ts";
import { outputDifference, outputTolerances } from "./output_difference.ts";
import { profiles } from "./profiles.ts";
import { estimateRatio, exponential, type PairedSeries, twoLevelInterval } from "./ratio.ts";
import { medianPrior, ratioPriors, widestHalfWidth } from "./spread.ts";
import { median, summariseSamples } from "./statistics.ts";
import { validRounds } from "./valid_rounds.ts";

/** One load as it came back, and how long that took. */
export interface ReturnedLoad {
  raw: RawLoad;
  /** Milliseconds that this side saw from asking to the answer. */
  elapsedMs: number;
}

export interface JudgeRequest {
  device: DeviceDescription;
  runtime: RuntimeName;
  profile: ProfileName;
  /** The candidates, as their users gave them, whatever form the device got. */
  models: readonly MeasuredNetwork[];
  /** This machine's outputs of the small reference, the large reference, and each candidate. */
  expected: readonly (readonly number[])[];
  loads: readonly ReturnedLoad[];
  /** Loads that were run again, and why; default: none. */
  repeatedLoads?: readonly string[];
  nominal?: Nominal;
  measuredAt: Date;
}

export type Judged = { measurement: Measurement } | { error: string };

export interface Judgement {
  /** Of each candidate. */
  candidates: Judged[];
  /** The references' own times in these loads; undefined where they cannot be trusted. */
  nominal: Nominal | undefined;
  /** Largest of the candidates' half widths, in ln, that the blocks alone give. */
  blockHalfWidth: number;
}

type Timed = Extract<NetworkReport, { outcome: "timed" }>;

/** What one load says of one network. */
interface Share {
  load: ReturnedLoad;
  report: Timed;
  series: PairedSeries;
}

/** Fewer make no interval. */
const fewestRounds = 5;
/** Beyond, percentiles say little of single inferences. */
const fewRunsPerSample = 10;
const driftWorthTelling = 0.05;
const driftFarFromNominal = 0.15;
/** Clocks are read at both ends of a block, and what a page counts as its time begins before what this side sees. */
const timeSlackMs = 50;
/** Of the time of a load; the rest may go by between blocks. */
const leastInBlocks = 0.7;

function columnOf({ report }: RawLoad, index: number): number {
  return report.networks.slice(0, index).filter(({ outcome }) => outcome === "timed").length;
}

/** By column: inferences per sample. */
function runsOf({ report }: RawLoad): number[] {
  return report.networks.flatMap((network) => network.outcome === "timed" ? [network.runsPerSample] : []);
}

/** Milliseconds of all blocks that count. */
function sumMs(raw: RawLoad): number {
  const runs = runsOf(raw);
  return validRounds(raw).reduce(
    (sum, round) => sum + round.reduce((part, ms, column) => part + ms * runs[column], 0),
    0,
  );
}

/** Flags that concern all networks of a load. */
function loadFlags({ raw, elapsedMs }: ReturnedLoad, device: DeviceDescription): string[] {
  const { environment, flags } = raw.report;
  const found = new Set<string>(flags);
  if (environment.wakeLock === "refused") found.add("wake-lock-refused" satisfies FlagName);
  if (environment.battery && !environment.battery.charging) found.add("on-battery" satisfies FlagName);
  if (device.kind === "browser" && !environment.crossOriginIsolated) found.add("not-isolated" satisfies FlagName);
  const runs = runsOf(raw);
  const rounds = validRounds(raw);
  const tooShort = rounds.some((round) =>
    round.some((ms, column) => ms * runs[column] < 0.99 * environment.clockTickMs)
  );
  if (tooShort || sumMs(raw) > elapsedMs + timeSlackMs) found.add("implausible-time" satisfies FlagName);
  return [...found];
}

/** Judges the loads of one session. */
export function judge(request: JudgeRequest): Judgement {
  const { device, models, loads } = request;
  if (loads.length === 0) throw new RangeError("Cannot judge 0 loads");
  const shared = new Set(loads.flatMap((load) => loadFlags(load, device)));
  if (new Set(loads.map(({ raw }) => raw.report.backend)).size > 1) shared.add("backend-changed" satisfies FlagName);
  if (Math.max(...slowdowns(loads.map(({ raw }) => raw))) > throttledAbove) shared.add("throttled" satisfies FlagName);
  for (const index of [0, 1]) {
    const wrong = loads.some(({ raw }) => {
      const report = raw.report.networks[index];
      return report.outcome === "failed" || report.outputChanged ||
        outputDifference(report.outputs, request.expected[index]) > outputTolerances[request.runtime];
    });
    if (wrong) shared.add("reference-differs" satisfies FlagName);
  }
  const judged = models.map((_, candidate) => judgeCandidate(candidate + 2, request, shared));
  const measured = judged.flatMap((one) => "measurement" in one ? [one] : []);
  return {
    candidates: judged.map((one) => "measurement" in one ? { measurement: one.measurement } : one),
    nominal: [...shared].some(invalidates) ? undefined : measured[0]?.ownNominal,
    blockHalfWidth: Math.max(0, ...measured.map(({ blockHalfWidth }) => blockHalfWidth)),
  };
}

function sharesOf(index: number, loads: readonly ReturnedLoad[]): Share[] {
  return loads.flatMap((load): Share[] => {
    const report = load.raw.report.networks[index];
    const rounds = validRounds(load.raw);
    if (report.outcome === "failed" || rounds.length === 0) return [];
    const column = columnOf(load.raw, index);
    const of = (place: number) => rounds.map((round) => round[place]);
    return [{ load, report, series: { candidateMs: of(column), smallMs: of(0), largeMs: of(1) } }];
  });
}

function failureOf(index: number, loads: readonly ReturnedLoad[]): string {
  for (const { raw } of loads) {
    const report = raw.report.networks[index];
    if (report.outcome === "failed") return report.reason;
  }
  return "the load ended before it was timed";
}

/**
 * Whether loads have less than the profile asks for, on average: of devices that may do only a little in each load, several
 * stand for one.
 */
function isShort(shares: readonly Share[], profile: ProfileName): boolean {
  const { loads, stop } = profiles[profile];
  const perLoad = (amount: (share: Share) => number) =>
    shares.reduce((sum, share) => sum + amount(share), 0) / Math.min(loads, shares.length);
  return perLoad(({ series }) => series.candidateMs.length) < stop.minimumRounds ||
    perLoad(({ report, series }) => series.candidateMs.length * report.runsPerSample) < stop.minimumInferences ||
    perLoad(({ load }) => sumMs(load.raw)) < stop.minimumMs * leastInBlocks;
}

function droppedRounds(raw: RawLoad): number {
  const beforePauses = raw.report.pauses.reduce((sum, pause) => sum + pause.droppedRounds, 0);
  return beforePauses + raw.rounds.length - validRounds(raw).length;
}

function judgeCandidate(
  index: number,
  { device, runtime, profile, models, expected, loads, repeatedLoads = [], nominal: stored, measuredAt }: JudgeRequest,
  shared: ReadonlySet<string>,
): { error: string } | { measurement: Measurement; ownNominal: Nominal; blockHalfWidth: number } {
  const shares = sharesOf(index, loads);
  if (shares.length === 0) return { error: failureOf(index, loads) };
  const flags = new Set(shared);
  const flag = (name: FlagName) => void flags.add(name);

  const difference = Math.max(...shares.map(({ report }) => outputDifference(report.outputs, expected[index])));
  if (shares.some(({ report }) => report.outputs.length === 0)) flag("output-not-finite");
  if (difference > outputTolerances[runtime]) flag("output-differs");
  if (shares.some(({ report }) => report.outputChanged)) flag("output-changed");
  if (shares.length < loads.length) flag("failed-load");
  if (shares.some(({ report }) => report.runsPerSample > fewRunsPerSample)) flag("coarse-clock");
  if (shares.some(({ series }) => series.candidateMs.length < fewestRounds)) flag("too-few-rounds");

  if (isShort(shares, profile)) flag("short-load");

  const series = shares.map((share) => share.series);
  const estimate = estimateRatio(series, { nominal: stored, prior: ratioPriors[runtime] });
  const { nominal } = estimate;
  const widest = widestHalfWidth(profiles[profile].widestHalfWidth, runtime, shares.length);
  if (Math.log(estimate.high / estimate.low) / 2 > widest) flag("wide-interval");
  if (Math.max(Math.abs(estimate.drift), estimate.driftBetweenLoads) > driftWorthTelling) flag("drifted");

  // In every load, since none is further from all of them together than `driftBetweenLoads`.
  if (Math.abs(estimate.drift) - estimate.driftBetweenLoads > driftFarFromNominal) flag("far-from-nominal");

  const samplesMs = series.flatMap(({ candidateMs }) => Array.from(candidateMs));
  const { p90Ms, p99Ms, madMs } = summariseSamples(samplesMs, { resamples: 1 });
  const medianInterval = exponential(
    twoLevelInterval(series.map(({ candidateMs }) => Float64Array.from(candidateMs, Math.log)), { prior: medianPrior })
      .estimate,
  );
  const measurement: Measurement = {
    protocol: PROTOCOL,
    profile,
    device,
    runtime,
    backend: shares[0].load.raw.report.backend,
    modelHash: modelHash(models[index - 2]),
    loads: shares.map(({ load, report, series }, place): MeasuredLoad => ({
      samplesMs: Array.from(series.candidateMs),
      smallMs: Array.from(series.smallMs),
      largeMs: Array.from(series.largeMs),
      runsPerSample: report.runsPerSample,
      cold: report.cold,
      warmUp: load.raw.report.warmUp,
      pauses: load.raw.report.pauses,
      droppedRounds: droppedRounds(load.raw),
      environment: load.raw.report.environment,
      medianMs: median(series.candidateMs),
      ratio: estimate.loads[place].value,
      ratioLow: estimate.loads[place].low,
      ratioHigh: estimate.loads[place].high,
    })),
    repeatedLoads: [...repeatedLoads],
    inferences: shares.reduce((sum, { report, series }) => sum + series.candidateMs.length * report.runsPerSample, 0),
    medianMs: medianInterval.value,
    p90Ms,
    p99Ms,
    madMs,
    ciLowMs: medianInterval.low,
    ciHighMs: medianInterval.high,
    latencyMs: estimate.value * nominal.smallMs,
    ratio: estimate.value,
    ratioLow: estimate.low,
    ratioHigh: estimate.high,
    nominal,
    drift: estimate.drift,
    outputDifference: difference,
    valid: ![...flags].some(invalidates),
    flags: [...flags],
    measuredAt: measuredAt.toISOString(),
  };
  return { measurement, ownNominal: estimate.ownNominal, blockHalfWidth: estimate.blockHalfWidth };
}
