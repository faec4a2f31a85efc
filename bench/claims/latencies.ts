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
import { LatencyPredictor } from "../../search/latency/predictor.ts";
import { Records } from "../distillation/records.ts";

const runtime = "tfjs-wasm";
const deviceName = "here";
/** Measured at a time: a kill loses no more. */
const groupSize = 8;

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

/** Which of `errors` are more than three times as large as their root mean square. */
export function outliers(errors: readonly number[]): boolean[] {
  const most = 3 * Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  return errors.map((error) => Math.abs(error) > most);
}

/** Measured latencies on disk, and the measuring of what is missing. */
export class Latencies {
  readonly #folder: string;
  readonly #records: Records<z.infer<typeof measurementRecordSchema>>;
  readonly #log: (line: string) => void;

  constructor({ folder, log }: { folder: string; log: (line: string) => void }) {
    this.#folder = folder;
    this.#log = log;
    Deno.mkdirSync(folder, { recursive: true });
    this.#records = new Records(`${folder}/latencies.jsonl`, measurementRecordSchema);
  }

  of(architecture: Architecture): MeasuredLatency | undefined {
    const record = this.#records.get(architectureHash(architecture));
    return record?.type === "measured" ? record : undefined;
  }

  missing(architectures: readonly Architecture[]): Architecture[] {
    const byHash = new Map(architectures.map((architecture) => [architectureHash(architecture), architecture]));
    return [...byHash].flatMap(([hash, architecture]) => this.#records.isDone(hash) ? [] : [architecture]);
  }

  /**
   * Measures those of `architectures` that were not before. Nothing else may work on this machine meanwhile.
   */
  async measure(architectures: readonly Architecture[]): Promise<void> {
    await this.#measure(this.missing(architectures));
  }

  /**
   * Measures those of `architectures`, all measured before, once more that are far from what is foreseen of them by all
   * together: a moment in which the machine did something else spoils one measurement, not what follows from it.
   */
  async measureOutliersAgain(architectures: readonly Architecture[]): Promise<void> {
    const measured = architectures.flatMap((architecture) => {
      const known = this.of(architecture);
      return known ? [{ architecture, ...known }] : [];
    });
    const predictor = this.predictor(architectures);
    const errors = measured.map(({ architecture, latencyMs }) =>
      Math.log(latencyMs / predictor.predict(architecture).latencyMs)
    );
    const far = outliers(errors);
    await this.#measure(
      measured.filter(({ again }, index) => far[index] && !again).map(({ architecture }) => architecture),
      { again: true },
    );
  }

  async #measure(missing: readonly Architecture[], mark: { again?: true } = {}): Promise<void> {
    if (missing.length === 0) return;
    this.#log(`measuring ${missing.length} networks${mark.again ? " again" : ""}, one after the other`);
    const { close, devices } = await openDevices([deviceName], {
      dataDir: `${this.#folder}/devices`,
      runtimes: [runtime],
      log: this.#log,
    });
    try {
      const source = deviceLatencies(devices, { runtime, profile: "fast", seed: 1, onGone: () => false });
      for (let start = 0; start < missing.length; start += groupSize) {
        const group = missing.slice(start, start + groupSize);
        const { outcomes } = source.measure(group);
        for (const [index, outcome] of (await Promise.all(outcomes)).entries()) {
          const key = architectureHash(group[index]);
          if ("error" in outcome) {
            this.#log(`${key.slice(0, 8)}: ${outcome.error}`);
            this.#records.add({ key, type: "failed", reason: outcome.error, own: false });
            continue;
          }
          const [{ backend, device, latencyMs, measuredAt, ratio, ratioHigh, ratioLow, runtime: used }] =
            outcome.measurements;
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
      const { backend, device, latencyMs } = known;
      predictor ??= new LatencyPredictor({ device, runtime, backend });
      if (predictor.key.backend !== backend || predictor.key.device.description !== device.description) {
        throw new Error(
          `${this.#folder} has latencies of "${predictor.key.device.description}, ${predictor.key.backend}" and of ` +
            `"${device.description}, ${backend}": choose another --folder`,
        );
      }
      predictor.observe(architecture, latencyMs);
    }
    if (!predictor?.ready) throw new Error("too few students could be measured to foresee latencies from");
    return predictor;
  }
}
