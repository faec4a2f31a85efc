// The contract of a teacher: anything that answers to training images with logits and, where it can, with features.
import type { TeacherNeed } from "../distillation/distiller.ts";
import type { NetworkTaps } from "../distillation/taps.ts";

/** Images of a batch, and what a teacher is to say of them. */
export interface TeacherRequest {
  /** `[N, height, width, channels]`, normalised as the data is; in the view that the student sees. */
  images: Float32Array;
  /** `[N]`, class numbers. */
  labels: Int32Array;
  /** `[N]`, places in the training part, and in the dataset's own order. */
  positions: Uint32Array;
  indices: Uint32Array;
  /** 0: images as they are. */
  view: number;
  /** Taps to answer with besides the logits; `tap:before` where the taps say so. */
  features: readonly string[];
  /** Whether the gradient of the cross-entropy with respect to the images is wanted. */
  imageGradient?: boolean;
}

/** Flat values, owned by the caller until the next request. */
export interface TeacherOutput {
  /** `[N, outputs]` */
  logits: Float32Array;
  /** `[N, height, width, channels]` or `[N, channels]`, by tap. */
  features: Record<string, Float32Array>;
  /** `[N, height, width, channels]`, of the mean over the batch. */
  imageGradient?: Float32Array;
}

/** Frozen. Owns its memory: call `dispose`. */
export interface Teacher {
  /** For people. */
  readonly name: string;
  /** Of everything that its answers depend on besides the images, in hexadecimal: the key of what is stored about it. */
  readonly hash: string;
  readonly taps: NetworkTaps;
  /** What it can give; methods that need more refuse it. */
  readonly gives: readonly TeacherNeed[];
  /** It answers to views below this number; absent: to all. */
  readonly views?: number;
  /** Answers to images of the training part. Errors name the teacher. */
  outputs(request: TeacherRequest): Promise<TeacherOutput>;
  /** Logits `[count, outputs]` of any images; absent where it knows the training images alone (a table of logits). */
  predict?(images: Float32Array): Promise<Float32Array>;
  dispose(): void;
}
