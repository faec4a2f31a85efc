// One sampled student and what became of it.
import * as z from "zod";
import { architectureSchema } from "./architecture.ts";
import { measurementSchema } from "./measurement.ts";

/**
 * A trial's way: pending -> completed, failed (by the student's own fault, or one outside it that did not pass), infeasible
 * (breaks a hard limit) or skipped (foreseen to be of no use, so not measured or not trained; its reward is an estimate).
 */
export const trialStateSchema = z.enum(["pending", "completed", "failed", "infeasible", "skipped"]);

/** `search`: sampled by the controller. `baseline`: a width-scaled reference network with the same budget. */
export const trialRoleSchema = z.enum(["search", "baseline"]);

export const trialSchema = z.strictObject({
  /** 1-based, in ask order; baselines count on their own. */
  number: z.int().positive(),
  role: trialRoleSchema,
  /** Name of a baseline, for instance "reference x0.5". */
  label: z.string().optional(),
  /** The controller's batch, 0-based; -1 for baselines. */
  batch: z.int().min(-1),
  tokens: z.array(z.int().min(0)),
  architecture: architectureSchema,
  architectureHash: z.string(),
  parameters: z.int().positive(),
  multiplyAdds: z.int().positive(),
  /** The most bytes that activations and weights take at one time of an inference of one image, as deployed. */
  memoryBytes: z.int().positive(),
  /** What a device downloads of it: the weights as deployed, without the runtime. */
  downloadBytes: z.int().positive(),
  seed: z.int(),
  state: trialStateSchema,
  /** Why it failed, is infeasible or was skipped. */
  reason: z.string().optional(),
  /** Starts of the run that ended since it broke down, for a reason outside itself as far as one knows. */
  faultyStarts: z.int().positive().optional(),
  /** Trial whose result this one repeats, since it is the same network. */
  duplicateOf: z.int().positive().optional(),
  /** Accuracy on the validation split, 0 to 1. */
  accuracy: z.number().min(0).max(1).optional(),
  measurements: z.array(measurementSchema),
  /** Worst, mean or weighted over the run's devices, as configured; for one device its drift-corrected latency. */
  latencyMs: z.number().positive().optional(),
  reward: z.number().min(0).optional(),
  /**
   * What was foreseen when it was skipped: the latency before measuring, over the run's devices in milliseconds of the
   * first, or the accuracy before training.
   */
  foreseen: z.strictObject({
    what: z.enum(["latencyMs", "accuracy"]),
    value: z.number(),
    low: z.number(),
    high: z.number(),
    /** The accuracy that the reward of a skipped trial supposes. */
    accuracy: z.number().min(0).max(1),
    /** By device, where latencies were foreseen. */
    latenciesMs: z.record(z.string(), z.number().positive()).optional(),
    /** Whether it surely breaks the hard limit of latency: its reward is 0. */
    overLimit: z.literal(true).optional(),
  }).optional(),
  /** Search trial whose weights this one's training started from; 0: the backbone of the space. */
  startedFrom: z.int().min(0).optional(),
  /** Share of the parameters that its training started from of those of `startedFrom`, from 0 to 1. */
  inherited: z.number().min(0).max(1).optional(),
  /** Training steps done and how long they took. */
  steps: z.int().min(0).optional(),
  trainSeconds: z.number().min(0).optional(),
  /** Training backend, for instance "wasm" or "webgpu". */
  backend: z.string().optional(),
  completedAt: z.iso.datetime().optional(),
  /** File of the trained weights, relative to the run's folder. */
  weights: z.string().optional(),
});

/** A student drawn at random and trained as long as the final ones, to compare short trainings with long ones. */
export const sampledStudentSchema = z.strictObject({
  trial: z.int().positive(),
  /** On the validation split, after the long training. */
  accuracy: z.number().min(0).max(1),
});

/** A student of the front, trained longer and scored on the test split. */
export const finalStudentSchema = z.strictObject({
  trial: z.int().positive(),
  role: trialRoleSchema,
  label: z.string().optional(),
  accuracy: z.number().min(0).max(1),
  testAccuracy: z.number().min(0).max(1),
  steps: z.int().min(0),
  trainSeconds: z.number().min(0),
  weights: z.string(),
});

export type TrialState = z.infer<typeof trialStateSchema>;
export type Trial = z.infer<typeof trialSchema>;
export type SampledStudent = z.infer<typeof sampledStudentSchema>;
export type FinalStudent = z.infer<typeof finalStudentSchema>;
