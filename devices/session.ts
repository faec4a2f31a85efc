// A whole session on one device: its networks made ready, as many fresh loads as its profile asks for, and the judgement.
import type {
  DeviceDescription,
  LoadRequest,
  MeasuredNetwork,
  Model,
  Nominal,
  ProfileName,
  RawLoad,
  RuntimeName,
} from "../src/schemas/measurement.ts";
import { PROTOCOL } from "../src/schemas/measurement.ts";
import type { Outcome, RunLoad, SessionOptions, SessionRequest } from "./device.ts";
import { passingFlags } from "./protocol/flags.ts";
import { judge, type Judgement, type ReturnedLoad } from "./protocol/judge.ts";
import { profiles } from "./protocol/profiles.ts";

/** The networks of a session, made ready for one runtime. */
export interface PreparedNetworks {
  /** Small reference, large reference, then the models that can run, in their order. */
  networks: MeasuredNetwork[];
  /** Where their files lie on this machine, by SHA-256. */
  files: ReadonlyMap<string, string>;
  /** This machine's outputs of each network. */
  expected: number[][];
  /** Per model: why it cannot run, in one line. */
  errors: (string | undefined)[];
}

export type PrepareNetworks = (
  models: readonly Model[],
  runtime: RuntimeName,
  options?: { signal?: AbortSignal },
) => Promise<PreparedNetworks>;

/** The references' times on a device; `provisional` where a fast session found them, until a longer one does. */
export interface StoredNominal {
  nominal: Nominal;
  provisional: boolean;
}

/** The references' times that later measurements are corrected to, per device, runtime and backend. */
export interface NominalStore {
  get(device: string, runtime: RuntimeName, backend: string): StoredNominal | undefined;
  set(device: string, runtime: RuntimeName, backend: string, stored: StoredNominal): void;
}

/** What a session stands on. */
export interface SessionContext {
  device: DeviceDescription;
  runLoad: RunLoad;
  prepare: PrepareNetworks;
  nominals: NominalStore;
  /** Milliseconds, monotonic; default: performance.now. */
  clock?: () => number;
  /** Of the order of networks; default: a random one. */
  seed?: number;
}

const mostModels = 32;
/** Per load, for a passing reason. */
const repeats = 2;
/** Of limited devices, whose loads are small. */
const mostLimitedLoads = 12;
const limitedInferences = 200;

/**
 * Whether hundreds of GPU inferences may crash the page: iOS. A tablet calls itself a Mac, so every Safari counts; a Mac only
 * takes longer for it.
 */
function isLimited({ kind, description }: DeviceDescription, runtime: RuntimeName): boolean {
  const webkit = /iPhone|iPad|iPod/.test(description) ||
    (/Macintosh/.test(description) && /Version\/\S+ .*Safari/.test(description));
  return kind === "browser" && runtime.endsWith("-webgpu") && webkit;
}

/** Models of one request, checked. RangeError otherwise. */
function checkCount(models: readonly Model[]): void {
  if (models.length < 1 || models.length > mostModels) {
    throw new RangeError(`A session times 1 to ${mostModels} models, got ${models.length}`);
  }
}

/** The nominal times that a session by `profile` is corrected to; without any it sets its own. */
function nominalFor(stored: StoredNominal | undefined, profile: ProfileName): Nominal | undefined {
  return stored?.provisional && profile !== "fast" ? undefined : stored?.nominal;
}

/**
 * Times `request.models` in as many fresh loads as the profile asks for; outcome i belongs to model i. A load that is invalid
 * for a passing reason is repeated twice at most. Rejects as `runLoad` does, with the signal's reason when aborted, and with a
 * RangeError unless there are 1 to 32 models.
 */
export async function measureSession(
  context: SessionContext,
  request: SessionRequest,
  options: SessionOptions = {},
): Promise<Outcome[]> {
  const { device, nominals } = context;
  const { models, runtime, profile } = request;
  const { signal } = options;
  checkCount(models);
  signal?.throwIfAborted();
  const plan = profiles[profile];
  const limited = isLimited(device, runtime);
  const mostLoads = limited ? mostLimitedLoads : plan.loads;

  const tell = (load: number, activity: string) =>
    options.onProgress?.({ load: load + 1, loads: Math.max(plan.loads, load + 1), activity });
  tell(0, "preparing the networks");
  const prepared = await context.prepare(models, runtime, { signal });
  signal?.throwIfAborted();
  const able = models.filter((_, index) => prepared.errors[index] === undefined);
  if (able.length === 0) return outcomesOf(prepared, []);

  const seed = context.seed ?? crypto.getRandomValues(new Uint32Array(1))[0];
  const loads: ReturnedLoad[] = [];
  let judgement: Judgement | undefined;
  for (let load = 0; load < mostLoads; load++) {
    const loadRequest: LoadRequest = {
      protocol: PROTOCOL,
      runtime,
      profile,
      seed,
      load,
      loads: Math.max(plan.loads, load + 1),
      networks: prepared.networks,
      ...(limited && { maximumInferences: limitedInferences }),
    };
    loads.push(await runValidLoad(context, loadRequest, prepared.files, { signal, tell }));
    const failed = loads[load].raw.report.networks.slice(2).every(({ outcome }) => outcome === "failed");
    const last = failed || load + 1 >= mostLoads;
    // The statistics take a moment, so they are made once, but for the devices whose number of loads depends on them.
    if (!last && !(limited && load + 1 >= plan.loads)) continue;
    judgement = judge({
      device,
      runtime,
      profile,
      models: able,
      expected: prepared.expected,
      loads,
      nominal: nominalFor(nominals.get(device.name, runtime, loads[0].raw.report.backend), profile),
      measuredAt: new Date(),
    });
    if (last || judgement.blockHalfWidth <= plan.stop.halfWidth) break;
  }
  if (!judgement) throw new Error(`${device.name}: no load of ${mostLoads} was judged`);
  const { backend } = loads[0].raw.report;
  if (judgement.nominal && !nominalFor(nominals.get(device.name, runtime, backend), profile)) {
    nominals.set(device.name, runtime, backend, { nominal: judgement.nominal, provisional: profile === "fast" });
  }
  return outcomesOf(prepared, judgement.candidates);
}

/** Models that could not run have their error, the others what was judged, in order. */
function outcomesOf({ errors }: PreparedNetworks, judged: readonly Outcome[]): Outcome[] {
  let next = 0;
  return errors.map((error): Outcome => error === undefined ? judged[next++] : { error });
}

async function runValidLoad(
  { device, runLoad, clock = () => performance.now() }: SessionContext,
  request: LoadRequest,
  files: ReadonlyMap<string, string>,
  { signal, tell }: { signal?: AbortSignal; tell: (load: number, activity: string) => void },
): Promise<ReturnedLoad> {
  for (let repeat = 0;; repeat++) {
    signal?.throwIfAborted();
    const startMs = clock();
    const raw = await runLoad(request, {
      signal,
      files,
      onActivity: (activity) => tell(request.load, activity),
    });
    checkAnswer(device, request, raw);
    const passing = passingFlags.filter((flag) => raw.report.flags.includes(flag));
    if (passing.length === 0 || repeat >= repeats) return { raw, elapsedMs: clock() - startMs };
    tell(request.load, `repeats the load: ${passing.join(", ")}`);
  }
}

/** An answer to another question must not be taken for one to this. */
function checkAnswer({ name }: DeviceDescription, request: LoadRequest, { report }: RawLoad): void {
  if (report.networks.length !== request.networks.length) {
    throw new Error(`${name} reported ${report.networks.length} networks, not ${request.networks.length}`);
  }
}
