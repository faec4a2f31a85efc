// The Architecture: a network as plain JSON. Everything else (counts, student, deployed model, hash) derives from it.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as z from "zod";

const positive = z.int().positive();
const kernel = z.int().positive().max(15);
const rate = z.number().min(0).lt(1);
const stride = z.union([z.literal(1), z.literal(2)]);

/** The activation that ends a convolution; `none` leaves it linear. */
export const activationSchema = z.enum(["none", "relu", "relu6"]);

// `inputs` are indices of earlier nodes, -1 stands for the images. `tap` names the output as a feature.
const common = { inputs: z.array(z.int().min(-1)).min(1).max(2), tap: z.string().optional() };

/** One node of a network. Convolutions include their batch norm and activation, and pad as TensorFlow's "same". */
export const nodeSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("conv"), ...common, kernel, stride, filters: positive, activation: activationSchema }),
  z.strictObject({ op: z.literal("depthwiseConv"), ...common, kernel, stride, activation: activationSchema }),
  z.strictObject({ op: z.literal("squeezeExcite"), ...common, squeezeChannels: positive }),
  // Inputs are a branch and its shortcut. In training the branch of an image is left out at `dropRate` (stochastic
  // depth, 1603.09382) and else scaled up, so that evaluation is the plain sum.
  z.strictObject({
    op: z.literal("add"),
    ...common,
    activation: activationSchema.optional(),
    dropRate: rate.optional(),
  }),
  z.strictObject({ op: z.literal("averagePool"), ...common, kernel, stride }),
  z.strictObject({ op: z.literal("maxPool"), ...common, kernel, stride }),
  // The shortcut without parameters of CIFAR residual networks: every stride-th pixel, zero channels added on both sides.
  z.strictObject({ op: z.literal("subsample"), ...common, stride, channels: positive }),
  z.strictObject({ op: z.literal("dropout"), ...common, rate }),
  z.strictObject({ op: z.literal("globalAveragePool"), ...common }),
  z.strictObject({ op: z.literal("dense"), ...common, units: positive }),
]);

/** Where an architecture came from. Not part of the network, so not part of its hash. */
export const originSchema = z.strictObject({ space: z.string(), tokens: z.array(z.int().min(0)) });

/** A classification network; the last node gives the logits, `[batch, classes]`. */
export const architectureSchema = z.strictObject({
  version: z.literal(1),
  input: z.strictObject({ height: positive, width: positive, channels: positive }),
  classes: positive,
  nodes: z.array(nodeSchema).min(1),
  origin: originSchema.optional(),
});

export type Activation = z.infer<typeof activationSchema>;
export type ArchitectureNode = z.infer<typeof nodeSchema>;
export type OpName = ArchitectureNode["op"];
export type NodeOf<Name extends OpName> = Extract<ArchitectureNode, { op: Name }>;
export type Architecture = z.infer<typeof architectureSchema>;

/** JSON with sorted keys, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner) => {
    if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}

/** SHA-256 of `value` as canonical JSON, in hexadecimal. */
export function contentHash(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/** The content hash of the network itself: two architectures with one hash are the same network. */
export function architectureHash(architecture: Architecture): string {
  const { origin: _origin, ...network } = architecture;
  return contentHash(network);
}
