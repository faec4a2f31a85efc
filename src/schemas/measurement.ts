// What a device was asked, what it answered, and what was made of it.
import { z } from "zod";
import { architectureSchema } from "./architecture.ts";

/** Version of the measuring procedure; stored with each measurement, changed with the procedure. */
export const PROTOCOL = "nacre/0";

/** An inference runtime and its backend, as one name. */
export const runtimeSchema = z.enum(["tfjs-wasm", "tfjs-webgl", "tfjs-webgpu"]);

/** One candidate to time. Weights follow from `seed`: latency needs no trained ones. */
export const measureJobSchema = z.strictObject({
  id: z.string(),
  architecture: architectureSchema,
  runtime: runtimeSchema,
  seed: z.int(),
});

/** What a device sends back: raw samples and the logits of the check input, or the reason why it could not. */
export const rawMeasurementSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** One timed batch-1 inference with read-back each, in the order taken, after the warm-up. */
  samplesMs: z.array(z.number().positive()).min(1).max(20_000),
  warmupRuns: z.int().min(0),
  /** Download excluded: from the Architecture to the first answer. Never part of a reward. */
  coldStartMs: z.number().min(0),
  /** Logits of the check input that both sides make from the job's seed. */
  checkLogits: z.array(z.number()).max(100_000),
  /** What the backend says of itself, for instance the GPU adapter or the number of threads. */
  backend: z.string().max(200),
  flags: z.array(z.string().max(100)).max(20),
});

/** Who measured. */
export const deviceDescriptionSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(["process", "browser"]),
  /** CPU model for a process, user agent for a browser. */
  description: z.string().max(500),
});

/** A judged measurement: raw samples with statistics made from them. */
export const measurementSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  device: deviceDescriptionSchema,
  runtime: runtimeSchema,
  backend: z.string(),
  architectureHash: z.string(),
  samplesMs: z.array(z.number().positive()),
  warmupRuns: z.int().min(0),
  coldStartMs: z.number().min(0),
  medianMs: z.number().positive(),
  p90Ms: z.number().positive(),
  p99Ms: z.number().positive(),
  madMs: z.number().min(0),
  ciLowMs: z.number().positive(),
  ciHighMs: z.number().positive(),
  /** Largest absolute difference of the device's check logits from this machine's. */
  outputDifference: z.number().min(0),
  valid: z.boolean(),
  /** Named reasons for doubt, and for `valid: false`. */
  flags: z.array(z.string()),
  measuredAt: z.iso.datetime(),
});

export type RuntimeName = z.infer<typeof runtimeSchema>;
export type MeasureJob = z.infer<typeof measureJobSchema>;
export type RawMeasurement = z.infer<typeof rawMeasurementSchema>;
export type DeviceDescription = z.infer<typeof deviceDescriptionSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
