// What a device is asked, what it answers, and what is made of it. One session times several models beside two reference
// networks, in one or more fresh page loads; a load is what a device is given at once.
import * as z from "zod";
import { architectureHash, architectureSchema, contentHash } from "./architecture.ts";

/** Version of the measuring procedure; stored with each measurement, changed with the procedure. */
export const PROTOCOL = "nacre/1";

/** An inference runtime and its backend, as one name. */
export const runtimeSchema = z.enum([
  "tfjs-wasm",
  "tfjs-wasm-threads",
  "tfjs-webgl",
  "tfjs-webgpu",
  "onnxruntime-wasm",
  "onnxruntime-wasm-threads",
  "onnxruntime-webgpu",
]);

/** How much a measurement spends: `fast` for searches, `standard` for figures, `certified` for claims. */
export const profileSchema = z.enum(["fast", "standard", "certified"]);

/** A file of a model: its path within the model, its content's SHA-256 in hexadecimal, its size. */
export const modelFileSchema = z.strictObject({
  path: z.string().min(1).max(300),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().min(1),
});

/** What a runtime builds a network from. Weights of an architecture follow from `seed`: latency needs no trained ones. */
export const networkSourceSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("architecture"), architecture: architectureSchema, seed: z.int() }),
  z.strictObject({
    kind: z.literal("tfjs"),
    format: z.enum(["graph", "layers"]),
    /** The first one is model.json; the others lie where it says. */
    files: z.array(modelFileSchema).min(1).max(2000),
  }),
  z.strictObject({ kind: z.literal("onnx"), file: modelFileSchema }),
]);

/** The input that a network is checked and timed with; see devices/protocol/check.ts. */
export const networkInputSchema = z.strictObject({
  /** Of one image or whatever it takes, the batch of 1 included, as the model's author sees it. */
  shape: z.array(z.int().positive()).min(1).max(8),
  seed: z.int(),
  /** Whether `[1, height, width, channels]` is given to the network as `[1, channels, height, width]`. */
  channelsFirst: z.boolean(),
});

/** One network of a session. */
export const networkSchema = z.strictObject({ source: networkSourceSchema, input: networkInputSchema });

/** A model as its user names it: the network, and what it is called in tables. */
export const modelSchema = z.strictObject({ name: z.string().min(1).max(200), ...networkSchema.shape });

/** One fresh page load of a session: what a device is asked to time, as its server hands it out. */
export const loadRequestSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  runtime: runtimeSchema,
  profile: profileSchema,
  /** Orders the networks within rounds. */
  seed: z.int(),
  /** 0-based, and how many are planned: for people. */
  load: z.int().min(0),
  loads: z.int().min(1),
  /** Small reference, large reference, then the candidates. */
  networks: z.array(networkSchema).min(3).max(34),
  /** At most so many inferences of all networks, warm-up included: some phones crash beyond. */
  maximumInferences: z.int().positive().optional(),
});

/** Times that are never part of a latency, in milliseconds. */
export const coldSchema = z.strictObject({
  /** Fetching the model's files, or making the weights. */
  downloadMs: z.number().min(0),
  buildMs: z.number().min(0),
  /** The first inference, with the compilation of its shaders. */
  firstInferenceMs: z.number().min(0),
});

/** What became of one network in one load. */
export const networkReportSchema = z.discriminatedUnion("outcome", [
  z.strictObject({ outcome: z.literal("failed"), reason: z.string().min(1).max(500) }),
  z.strictObject({
    outcome: z.literal("timed"),
    cold: coldSchema,
    /** Outputs of the check input, thinned out by devices/protocol/check.ts; empty where they are not finite. */
    outputs: z.array(z.number()).max(4096),
    runsPerSample: z.int().positive(),
    /** The same input gave other outputs after the last round. */
    outputChanged: z.literal(true).optional(),
  }),
]);

/** Where a load ran. */
export const environmentSchema = z.strictObject({
  userAgent: z.string().max(500),
  crossOriginIsolated: z.boolean(),
  /** Shortest step of the clock, in milliseconds. */
  clockTickMs: z.number().positive(),
  hardwareConcurrency: z.int().positive().optional(),
  deviceMemoryGb: z.number().positive().optional(),
  wakeLock: z.enum(["held", "refused", "absent"]),
  battery: z.strictObject({ charging: z.boolean(), level: z.number().min(0).max(1) }).optional(),
  /** Settings of the runtime that change its speed, pinned. */
  settings: z.record(z.string().max(100), z.union([z.string().max(200), z.number(), z.boolean()])),
});

/** A pause to cool down: how long, the references' log drift that called for it, and the slow rounds before it, left out. */
export const pauseSchema = z.strictObject({
  ms: z.number().min(0),
  drift: z.number(),
  droppedRounds: z.int().min(0),
});

/** What a device says of one load, all but the samples. */
export const loadReportSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  /** What the backend says of itself, for instance the GPU adapter or the number of threads. */
  backend: z.string().min(1).max(200),
  environment: environmentSchema,
  /** In the order of the request. */
  networks: z.array(networkReportSchema).min(3).max(34),
  warmUp: z.strictObject({ ms: z.number().min(0), runs: z.int().min(0), steady: z.boolean() }),
  /** Pauses to cool down. */
  pauses: z.array(pauseSchema).max(20),
  rounds: z.int().min(0).max(200_000),
  /** Named reasons for doubt, see devices/protocol/flags.ts. */
  flags: z.array(z.string().max(100)).max(20),
});

/** Rounds in the order taken: per timed network (failed ones have no column) milliseconds per inference. */
export const roundsSchema = z.array(z.array(z.number().positive()).min(1).max(34));

/** All that came of one load. */
export const rawLoadSchema = z.strictObject({ report: loadReportSchema, rounds: roundsSchema });

/** Who measured. */
export const deviceDescriptionSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(["process", "browser"]),
  /** CPU model for a process, user agent for a browser. */
  description: z.string().max(500),
});

/** One load of a judged measurement: samples of the model and, beside them, of the references of the same rounds. */
export const measuredLoadSchema = z.strictObject({
  samplesMs: z.array(z.number().positive()),
  smallMs: z.array(z.number().positive()),
  largeMs: z.array(z.number().positive()),
  runsPerSample: z.int().positive(),
  cold: coldSchema,
  warmUp: loadReportSchema.shape.warmUp,
  pauses: loadReportSchema.shape.pauses,
  /** Rounds that count in no figure: of before a pause to cool down, and of before another network failed. */
  droppedRounds: z.int().min(0),
  environment: environmentSchema,
  medianMs: z.number().positive(),
  ratio: z.number().positive(),
  ratioLow: z.number().positive(),
  ratioHigh: z.number().positive(),
});

/** The references' times on a device, runtime and backend that later measurements are corrected to. */
export const nominalSchema = z.strictObject({ smallMs: z.number().positive(), largeMs: z.number().positive() });

/** A judged measurement of one model: raw samples with statistics made from them. */
export const measurementSchema = z.strictObject({
  protocol: z.literal(PROTOCOL),
  profile: profileSchema,
  device: deviceDescriptionSchema,
  runtime: runtimeSchema,
  backend: z.string(),
  /** See modelHash. */
  modelHash: z.string(),
  loads: z.array(measuredLoadSchema).min(1),
  /** Loads that were thrown away and run again: which, and why. */
  repeatedLoads: z.array(z.string()),
  inferences: z.int().positive(),
  medianMs: z.number().positive(),
  p90Ms: z.number().positive(),
  p99Ms: z.number().positive(),
  madMs: z.number().min(0),
  /** 95 % interval of the median. */
  ciLowMs: z.number().positive(),
  ciHighMs: z.number().positive(),
  /** The median, corrected to the references' nominal times: what rewards and comparisons use. */
  latencyMs: z.number().positive(),
  /** `latencyMs` in nominal times of the small reference, with its 95 % interval over loads and blocks. */
  ratio: z.number().positive(),
  ratioLow: z.number().positive(),
  ratioHigh: z.number().positive(),
  nominal: nominalSchema,
  /** Log drift of the references from `nominal` at this model's latency, that `latencyMs` is freed of. */
  drift: z.number(),
  /** Largest absolute difference of the check outputs from this machine's, over the largest of them. */
  outputDifference: z.number().min(0),
  valid: z.boolean(),
  /** Named reasons for doubt, and for `valid: false`. */
  flags: z.array(z.string()),
  measuredAt: z.iso.datetime(),
});

export type RuntimeName = z.infer<typeof runtimeSchema>;
export type ProfileName = z.infer<typeof profileSchema>;
export type ModelFile = z.infer<typeof modelFileSchema>;
export type NetworkSource = z.infer<typeof networkSourceSchema>;
export type NetworkInput = z.infer<typeof networkInputSchema>;
export type MeasuredNetwork = z.infer<typeof networkSchema>;
export type Model = z.infer<typeof modelSchema>;
export type LoadRequest = z.infer<typeof loadRequestSchema>;
export type ColdFigures = z.infer<typeof coldSchema>;
export type NetworkReport = z.infer<typeof networkReportSchema>;
export type LoadEnvironment = z.infer<typeof environmentSchema>;
export type LoadReport = z.infer<typeof loadReportSchema>;
export type RawLoad = z.infer<typeof rawLoadSchema>;
export type DeviceDescription = z.infer<typeof deviceDescriptionSchema>;
export type MeasuredLoad = z.infer<typeof measuredLoadSchema>;
export type Nominal = z.infer<typeof nominalSchema>;
export type Measurement = z.infer<typeof measurementSchema>;

/** A model's identity: an architecture's own hash, else the hash of its files and input. */
export function modelHash({ source, input }: MeasuredNetwork): string {
  return source.kind === "architecture" ? architectureHash(source.architecture) : contentHash({ source, input });
}
