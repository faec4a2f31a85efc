// A whole session on one device: its networks made ready, as many fresh loads as its profile asks for, and the judgement.
import type {
  DeviceDescription,
  LoadRequest,
  MeasuredNetwork,
  Model,
  Nominal,
  ProfileName,
  RuntimeName,
} from "../src/schemas/measurement.ts";
import { PROTOCOL } from "../src/schemas/measurement.ts";
import type { Outcome, SessionOptions, SessionRequest } from "./device.ts";
import type { FlagName } from "./protocol/flags.ts";
import { judge, type Judgement } from "./protocol/judge.ts";
import { profiles } from "./protocol/profiles.ts";
import { createSessionLoads, type SessionLoadsContext } from "./session_loads.ts";

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

/**
 * The references' times on a device; `provisional` where a fast session found them, or one in which the device was not
 * steady, until a better one does.
 */
export interface StoredNominal {
  nominal: Nominal;
  provisional: boolean;
}

/** What tells devices apart: another processor or browser under the same name is another one. */
export type DeviceIdentity = Pick<DeviceDescription, "name" | "description">;

/** The references' times that later measurements are corrected to, per device, runtime and backend. */
export interface NominalStore {
  get(device: DeviceIdentity, runtime: RuntimeName, backend: string): StoredNominal | undefined;
  set(device: DeviceIdentity, runtime: RuntimeName, backend: string, stored: StoredNominal): void;
}

/** What a session stands on. */
export interface SessionContext extends SessionLoadsContext {
  prepare: PrepareNetworks;
  nominals: NominalStore;
  /** Of the order of networks; default: a random one. */
  seed?: number;
}

const mostModels = 32;
/** Of limited devices, beside each other: each load times them a few hundred times in all. */
const mostLimitedModels = 6;
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

/** Of a device that is hot, busy or still warming up: no scale for later measurements. */
const unsteadyFlags: readonly string[] = ["unsteady", "drifted", "throttled"] satisfies FlagName[];

function isSteady({ candidates }: Judgement): boolean {
  return candidates.every((one) =>
    "error" in one || !one.measurement.flags.some((flag) => unsteadyFlags.includes(flag))
  );
}

/**
 * Times `request.models` in as many fresh loads as the profile asks for; outcome i belongs to model i. A load that is invalid
 * for a passing reason is repeated twice at most, and so are loads in which the device was hot. On devices that may do only
 * little in a load, at most six models are timed beside each other. Rejects as `runLoad` does, with the signal's reason when aborted, and with a
 * RangeError unless there are 1 to 32 models.
 */
export async function measureSession(
  context: SessionContext,
  request: SessionRequest,
  options: SessionOptions = {},
): Promise<Outcome[]> {
  const { models, runtime } = request;
  checkCount(models);
  if (!isLimited(context.device, runtime) || models.length <= mostLimitedModels) {
    return await measurePart(context, request, options);
  }
  const outcomes: Outcome[] = [];
  while (outcomes.length < models.length) {
    const first = outcomes.length;
    const part = models.slice(first, first + mostLimitedModels);
    const which = `models ${first + 1} to ${first + part.length} of ${models.length}`;
    outcomes.push(
      ...await measurePart(context, { ...request, models: part }, {
        ...options,
        onProgress: (progress) => options.onProgress?.({ ...progress, activity: `${which}: ${progress.activity}` }),
      }),
    );
  }
  return outcomes;
}

async function measurePart(
  context: SessionContext,
  request: SessionRequest,
  options: SessionOptions,
): Promise<Outcome[]> {
  const { device, nominals } = context;
  const { models, runtime, profile } = request;
  const { signal } = options;
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
  const sessionLoads = createSessionLoads(context, { files: prepared.files, signal, tell });
  const { loads, repeated } = sessionLoads;
  const judgedBy = (nominal: Nominal | undefined) =>
    judge({
      ...{ device, runtime, profile, models: able, expected: prepared.expected, loads, nominal },
      repeatedLoads: repeated,
      measuredAt: new Date(),
    });
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
    await sessionLoads.run(loadRequest);
    const failed = loads[load].raw.report.networks.slice(2).every(({ outcome }) => outcome === "failed");
    const last = failed || load + 1 >= mostLoads;
    // The statistics take a moment, so they are made once, but for the devices whose number of loads depends on them.
    if (!last && !(limited && load + 1 >= plan.loads)) continue;
    judgement = judgedBy(nominalFor(nominals.get(device, runtime, loads[0].raw.report.backend), profile));
    if (last || judgement.blockHalfWidth <= plan.stop.halfWidth) break;
  }
  if (!judgement) throw new Error(`${device.name}: no load of ${mostLoads} was judged`);
  const { backend } = loads[0].raw.report;
  const stored = nominals.get(device, runtime, backend);
  if (judgement.nominal && !nominalFor(stored, profile)) {
    const steady = isSteady(judgement);
    // A scale that is not better than the provisional one would only make this session's figures compare with no other's.
    if (stored && !steady) judgement = judgedBy(stored.nominal);
    else {
      nominals.set(device, runtime, backend, {
        nominal: judgement.nominal,
        provisional: profile === "fast" || !steady,
      });
    }
  }
  return outcomesOf(prepared, judgement.candidates);
}

/** Models that could not run have their error, the others what was judged, in order. */
function outcomesOf({ errors }: PreparedNetworks, judged: readonly Outcome[]): Outcome[] {
  let next = 0;
  return errors.map((error): Outcome => error === undefined ? judged[next++] : { error });
}
