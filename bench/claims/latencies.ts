// Latencies: of some students really measured, of all others foreseen from these, so that all searches see the same ones
// and a search disturbs no measurement. What is reported is measured afterwards.
import * as z from "zod";
import { openDevices } from "../../devices/mod.ts";
import { hashSeed, Random } from "../../src/data/random.ts";
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import { deviceDescriptionSchema, runtimeSchema } from "../../src/schemas/measurement.ts";
import { createMnasSpace } from "../../src/spaces/mnas.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import { deviceLatencies } from "../../search/latency/devices.ts";
import type { LatencySource } from "../../search/latency/latency_source.ts";
import { LatencyPredictor, type PredictorKey } from "../../search/latency/predictor.ts";
import { Records } from "../distillation/records.ts";

const runtime = "tfjs-wasm";
const deviceName = "here";
/** Measured at a time: a kill loses no more. */
const groupSize = 8;
const always = () => true;

const measuredSchema = z.strictObject({
  /** The architecture's hash. */
  key: z.string(),
  type: z.literal("measured"),
  device: deviceDescriptionSchema,
  runtime: runtimeSchema,
  backend: z.string(),
  latencyMs: z.number().positive(),
  /** 95 % interval over the latency, both divided by it. */
  relativeLow: z.number(),
  relativeHigh: z.number(),
  measuredAt: z.string(),
  /** Measured a second time, since the first was far from what was foreseen. */
  again: z.literal(true).optional(),
});

const measurementRecordSchema = z.discriminatedUnion("type", [
  measuredSchema,
  z.strictObject({ key: z.string(), type: z.literal("failed"), reason: z.string(), own: z.boolean() }),
]);

export type MeasuredLatency = z.infer<typeof measuredSchema>;

/** Widths of the reference network that are measured beside the students. */
const referenceWidths = [0.25, 0.5, 0.75, 1, 1.25, 1.5];

/**
 * The students that predictions come from: references, students drawn evenly, students drawn to be small as those that
 * searches end with, and students of one block throughout.
 */
export function calibrationStudents(io: SpaceOptions, count: number): Architecture[] {
  const space = createMnasSpace(io);
  const random = new Random(hashSeed("claims", "calibration"));
  const references = referenceWidths.map((width) => space.reference(width));
  const { decisions } = space;
  const students = Array.from({ length: Math.max(0, count - references.length) }, (_, index) => {
    const kind = index % 5;
    const tokens = decisions.map(({ choices }) => random.integer(choices.length));
    // Full convolutions, kernels of 5, pooled shortcuts, wide and deep blocks are what costs: rarer here.
    const cheap = [1, 0, 0, 2, 0, 0];
    if (kind === 3) return space.decode(tokens.map((token, at) => random.next() < 0.6 ? cheap[at % 6] : token));
    if (kind === 4) return space.decode(tokens.map((_token, at) => tokens[at % 6]));
    return space.decode(tokens);
  });
  return [...references, ...students];
}

type Foresee = (architecture: Architecture) => number;

const logError = ({ architecture, latencyMs }: { architecture: Architecture; latencyMs: number }, foresee: Foresee) =>
  Math.log(latencyMs / foresee(architecture));

/** Root mean square of the errors of foreseen latencies, as differences of logarithms. */
export function foresightError(
  measured: readonly { architecture: Architecture; latencyMs: number }[],
  foresee: Foresee,
): number {
  return Math.sqrt(measured.reduce((sum, one) => sum + logError(one, foresee) ** 2, 0) / measured.length);
}

/** What measures, as long as it is open. */
export interface OpenSource {
  source: LatencySource;
  close(): Promise<void>;
}

async function openHere(folder: string, log: (line: string) => void): Promise<OpenSource> {
  const { close, devices } = await openDevices([deviceName], {
    dataDir: `${folder}/devices`,
    runtimes: [runtime],
    log,
  });
  return { source: deviceLatencies(devices, { runtime, profile: "fast", seed: 1, onGone: () => false }), close };
}

/**
 * Measured latencies on disk, and the measuring of what is missing. All of one machine, runtime and backend: what
 * measures or reads one of another throws an Error.
 */
export class Latencies {
  readonly #folder: string;
  readonly #openSource: () => Promise<OpenSource>;
  readonly #records: Records<z.infer<typeof measurementRecordSchema>>;
  readonly #log: (line: string) => void;

  /** What all are of, once one is known. */
  #key?: PredictorKey;

  constructor({ folder, log, openSource = () => openHere(folder, log) }: {
    folder: string;
    log: (line: string) => void;
    openSource?: () => Promise<OpenSource>;
  }) {
    this.#folder = folder;
    this.#log = log;
    this.#openSource = openSource;
    Deno.mkdirSync(folder, { recursive: true });
    this.#records = new Records(`${folder}/latencies.jsonl`, measurementRecordSchema);
  }

  /** All that is measured and read from here on is of this; Error where something was of another machine. */
  keepTo({ backend, device, runtime }: PredictorKey): void {
    this.#key ??= { device, runtime, backend };
    const told = (key: PredictorKey) => `${key.device.description}, ${key.runtime}, ${key.backend}`;
    const [ours, theirs] = [told(this.#key), told({ device, runtime, backend })];
    if (ours !== theirs) {
      throw new Error(`${this.#folder} has latencies of "${ours}", not of "${theirs}": choose another --folder`);
    }
  }

  of(architecture: Architecture): MeasuredLatency | undefined {
    const record = this.#records.get(architectureHash(architecture));
    if (record?.type !== "measured") return undefined;
    this.keepTo(record);
    return record;
  }

  missing(architectures: readonly Architecture[]): Architecture[] {
    const byHash = new Map(architectures.map((architecture) => [architectureHash(architecture), architecture]));
    return [...byHash].flatMap(([hash, architecture]) => this.#records.isDone(hash) ? [] : [architecture]);
  }

  /**
   * Measures those of `architectures` that were not before. Nothing else may work on this machine meanwhile. Whether all
   * were: it stops between groups once `goOn` says no, and what was measured stays.
   */
  async measure(architectures: readonly Architecture[], goOn: () => boolean = always): Promise<boolean> {
    return await this.#measure(this.missing(architectures), { goOn });
  }

  /**
   * Measures those of `architectures` once more whose latency is more than three times `error` from what is foreseen of
   * them: a moment in which the machine did something else spoils one measurement, not what follows from it. The second
   * one counts. Stops and answers as {@linkcode measure}.
   */
  async measureOutliersAgain(
    architectures: readonly Architecture[],
    { error, foresee, goOn = always }: { error: number; foresee: Foresee; goOn?: () => boolean },
  ): Promise<boolean> {
    const different = new Map(architectures.map((architecture) => [architectureHash(architecture), architecture]));
    const far = [...different.values()].filter((architecture) => {
      const known = this.of(architecture);
      return known && !known.again && Math.abs(logError({ architecture, ...known }, foresee)) > 3 * error;
    });
    return await this.#measure(far, { goOn, mark: { again: true } });
  }

  async #measure(
    missing: readonly Architecture[],
    { goOn, mark = {} }: { goOn: () => boolean; mark?: { again?: true } },
  ): Promise<boolean> {
    if (missing.length === 0) return true;
    if (!goOn()) return false;
    this.#log(`measuring ${missing.length} networks${mark.again ? " again" : ""}, one after the other`);
    const { close, source } = await this.#openSource();
    try {
      for (let start = 0; start < missing.length; start += groupSize) {
        // The first one is measured however long opening took: each start gets on.
        if (start > 0 && !goOn()) return false;
        const group = missing.slice(start, start + groupSize);
        const { outcomes } = source.measure(group);
        for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
          const key = architectureHash(group[index]);
          if ("error" in outcome) {
            this.#log(`${key.slice(0, 8)}: ${outcome.error}`);
            // Where a second measurement fails, the first one stays.
            if (!mark.again) this.#records.add({ key, type: "failed", reason: outcome.error, own: false });
            continue;
          }
          const [{ backend, device, latencyMs, measuredAt, ratio, ratioHigh, ratioLow, runtime: used }] =
            outcome.measurements;
          this.keepTo({ device, runtime: used, backend });
          this.#records.add({
            key,
            type: "measured",
            device,
            runtime: used,
            backend,
            latencyMs,
            relativeLow: ratioLow / ratio,
            relativeHigh: ratioHigh / ratio,
            measuredAt,
            ...mark,
          });
        }
        this.#log(`measured ${Math.min(start + groupSize, missing.length)}/${missing.length}`);
      }
      return true;
    } finally {
      await close();
    }
  }

  /** A predictor from `architectures` that were measured. Error where they are too few to predict from. */
  predictor(architectures: readonly Architecture[]): LatencyPredictor {
    let predictor: LatencyPredictor | undefined;
    for (const architecture of architectures) {
      const known = this.of(architecture);
      if (!known) continue;
      const { backend, device, latencyMs, runtime } = known;
      predictor ??= new LatencyPredictor({ device, runtime, backend });
      predictor.observe(architecture, latencyMs);
    }
    if (!predictor?.ready) throw new Error("too few students could be measured to foresee latencies from");
    return predictor;
  }
}
