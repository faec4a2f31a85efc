import type { Measurement, Model, ProfileName, RuntimeName } from "../../src/schemas/measurement.ts";
import { type Device, DeviceGoneError, type Outcome, type SessionProgress } from "../device.ts";
import { createDeviceOpener, type DeviceOpener, type OpenerParts } from "../open_device.ts";
import type { SettlePairing } from "../pair_device.ts";
import { type ModelSource, readModels } from "./read_models.ts";
import { isFarTooWide, narrower } from "./far_too_wide.ts";
import { groupByRuntime, type RuntimeGroups } from "./group_by_runtime.ts";

export interface MeasureOptions {
  /** "here", "chromium", "firefox", names of paired browsers, or "all". Default: "here". */
  devices?: readonly string[];
  /** Default: tfjs-wasm, for ONNX files onnxruntime-wasm. */
  runtimes?: readonly RuntimeName[];
  /** Default: standard. */
  profile?: ProfileName;
  /** Input of models that leave sizes open, the batch included. */
  inputShape?: readonly number[];
  /** Folder of pairings and caches. Default: ".nacre". */
  dataDir?: string;
  /** Serve the probe page to the local network, by HTTPS. */
  lan?: boolean;
  /** Port of the probe page. */
  port?: number;
  /** How long a paired browser may be away. Default 10 minutes. */
  deviceWaitMs?: number;
  /** Drops the references' nominal times of what is measured, as if it were measured for the first time. */
  renewNominals?: boolean;
  /** Told before any device is opened which models could be read, and where their files lie; what it throws ends all. */
  onRead?: (models: readonly Model[], files: readonly string[]) => void;
  /** Lines for people. */
  log?: (line: string) => void;
  /** Settles the pairing of a browser that is not known yet; absent: such a browser is an error. */
  onPairing?: SettlePairing;
  onProgress?: (progress: MeasureProgress) => void;
  /** Told what came of a session as soon as it is over. */
  onSession?: (result: MeasureResult) => void;
  signal?: AbortSignal;
  /** What devices are made of; for tests. */
  parts?: Partial<OpenerParts>;
}

/** How far one session is. */
export interface MeasureProgress extends SessionProgress {
  device: string;
  runtime: RuntimeName;
}

export interface ModelMeasurement {
  /** As tables call the model. */
  model: string;
  measurement: Measurement;
}

/** Why there is no measurement of `model` on `device`. */
export interface MeasureFailure {
  model: string;
  device: string;
  /** Absent where it never came to a runtime. */
  runtime?: RuntimeName;
  /** One line. */
  error: string;
}

export interface MeasureResult {
  measurements: ModelMeasurement[];
  failures: MeasureFailure[];
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*[\r\n]+\s*/g, " ");
}

/** The models of one runtime on one device; `gone`: the device went away meanwhile. */
async function measureGroup(
  device: Device,
  { runtime, models }: { runtime: RuntimeName; models: readonly Model[] },
  { profile = "standard", onProgress, signal }: MeasureOptions,
): Promise<{ outcomes: Outcome[]; gone?: DeviceGoneError }> {
  let gone: DeviceGoneError | undefined;
  const failed = (error: unknown): Outcome => ({ error: oneLine(error) });

  async function session(some: readonly Model[]): Promise<Outcome[]> {
    if (gone) return some.map(() => failed(gone));
    try {
      return await device.measure({ models: some, runtime, profile }, {
        signal,
        onProgress: (progress) => onProgress?.({ ...progress, device: device.name, runtime }),
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DeviceGoneError) gone = error;
      if (gone || some.length === 1) return some.map(() => failed(error));
    }
    // One of them may be at fault, and is not to take the others along.
    return await oneByOne(some);
  }

  async function oneByOne(some: readonly Model[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const model of some) outcomes.push(...await session([model]));
    return outcomes;
  }

  const outcomes = await session(models);
  for (const [index, outcome] of outcomes.entries()) {
    if (models.length === 1 || gone || "error" in outcome || !isFarTooWide(outcome.measurement)) continue;
    const [again] = await session([models[index]]);
    if ("measurement" in again) outcomes[index] = { measurement: narrower(outcome.measurement, again.measurement) };
  }
  return { outcomes, gone };
}

async function measureDevice(
  name: string,
  { groups, misfits }: RuntimeGroups,
  { opener, options }: { opener: DeviceOpener; options: MeasureOptions },
): Promise<MeasureResult[]> {
  const results: MeasureResult[] = [];
  const add = (result: MeasureResult) => {
    results.push(result);
    options.onSession?.(result);
  };
  if (misfits.length > 0) {
    const failures = misfits.map(({ model, error }) => ({ model: model.name, device: name, error }));
    add({ measurements: [], failures });
  }
  if (groups.length === 0) return results;
  let device: Device;
  try {
    device = await opener.open(name);
  } catch (error) {
    options.signal?.throwIfAborted();
    const failures = groups.flatMap(({ runtime, models }) =>
      models.map((model) => ({ model: model.name, device: name, runtime, error: oneLine(error) }))
    );
    add({ measurements: [], failures });
    return results;
  }
  let gone: DeviceGoneError | undefined;
  for (const group of groups) {
    const { models, runtime } = group;
    // Who waited for it once in vain need not do so for each runtime.
    const done = gone
      ? { outcomes: models.map((): Outcome => ({ error: oneLine(gone) })), gone }
      : await measureGroup(device, group, options);
    gone = done.gone;
    const result: MeasureResult = { measurements: [], failures: [] };
    for (const [index, outcome] of done.outcomes.entries()) {
      const model = models[index].name;
      if ("measurement" in outcome) result.measurements.push({ model, measurement: outcome.measurement });
      else result.failures.push({ model, device: name, runtime, error: oneLine(outcome.error) });
    }
    add(result);
  }
  return results;
}

/**
 * Times models on devices: those that run on the same runtime side by side, in one interleaved session per device and
 * runtime; devices of this machine one after the other, others at the same time. Whatever is wrong with one model or one
 * device is a failure of its own, and the others go on. RangeError for no or more than 32 models, Error where the page for
 * browsers cannot be served, the signal's reason when aborted.
 */
export async function measure(models: readonly ModelSource[], options: MeasureOptions = {}): Promise<MeasureResult> {
  if (models.length === 0 || models.length > 32) {
    throw new RangeError(`Cannot measure ${models.length} models; allowed: 1 to 32`);
  }
  const { devices = ["here"], runtimes = [], dataDir = ".nacre", signal } = options;
  signal?.throwIfAborted();
  const read = await readModels(models, options);
  options.onRead?.(read.models, [...read.files.values()]);
  const sessions = groupByRuntime(read.models, runtimes);
  const opener = createDeviceOpener({
    ...options,
    dataDir,
    files: read.files,
    runtimes: sessions.groups.map(({ runtime }) => runtime),
  });
  try {
    const names = await opener.expand(devices);
    const unread = names.flatMap((device) => read.failures.map((failure) => ({ ...failure, device })));
    if (unread.length > 0) options.onSession?.({ measurements: [], failures: unread });
    const settled = await Promise.allSettled(names.map((name) => measureDevice(name, sessions, { opener, options })));
    signal?.throwIfAborted();
    const results = settled.flatMap((device) => {
      if (device.status === "rejected") throw device.reason;
      return device.value;
    });
    return {
      measurements: results.flatMap(({ measurements }) => measurements),
      failures: [...unread, ...results.flatMap(({ failures }) => failures)],
    };
  } finally {
    await opener.close();
  }
}
