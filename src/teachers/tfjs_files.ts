// The files of a TF.js model: model.json, and beside it the weights that it names.
import type * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import * as z from "zod";
import { imageNormalisationSchema } from "../export/image_normalisation.ts";
import { tfjsWriter } from "../export/tfjs_origin.ts";
import type { Normalisation } from "./image_adaptation.ts";

const mostBytes = 1 << 30;
const mostFiles = 2000;

const modelJsonSchema = z.looseObject({
  format: z.string().nullish(),
  // The runtime refuses a layers-model for any other, which nothing here needs.
  userDefinedMetadata: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(
    z.looseObject({ paths: z.array(z.string().min(1).max(300)), weights: z.array(z.unknown()) }),
  ),
});

const exportedSchema = z.object({ generatedBy: z.literal(tfjsWriter) });

/** Of exports. What other writers put in its place may be anything, and is no reason to refuse their models. */
const originSchema = z.object({
  userDefinedMetadata: z.looseObject({ nacre: imageNormalisationSchema.optional() }).nullish(),
});

export interface TfjsFiles {
  format: "graph" | "layers";
  hash: string;
  /** Of its images, where the file says it. */
  normalisation?: Normalisation;
  /** As tfjs loads them. */
  modelJson: tf.io.ModelJSON;
  /** All weights, one file after the other. */
  weights: ArrayBuffer;
}

function formatOf(path: string, { format, modelTopology }: z.infer<typeof modelJsonSchema>): TfjsFiles["format"] {
  // Old converters did not write the format.
  const known = format ?? ("node" in modelTopology ? "graph-model" : "layers-model");
  if (known === "graph-model") return "graph";
  if (known === "layers-model") return "layers";
  throw new RangeError(`${path}: its format is "${known.slice(0, 80)}"; allowed are graph-model and layers-model`);
}

function notTfjs(path: string, { issues: [{ message, path: place }] }: z.ZodError): RangeError {
  return new RangeError(`${path}: not a TF.js model: ${place.join(".")}: ${message}`);
}

/** What exports say, and what they meant before they said it. */
function normalisationOf(path: string, json: unknown): Normalisation | undefined {
  const exported = exportedSchema.safeParse(json).success;
  const { data, error } = originSchema.safeParse(json);
  if (error && exported) throw notTfjs(path, error);
  return data?.userDefinedMetadata?.nacre ?? (exported ? "data" : undefined);
}

/** Reads what the model.json at `path`, of content `text`, names. RangeError of one line that begins with `path`. */
export async function readTfjsFiles(path: string, text: string): Promise<TfjsFiles> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new RangeError(`${path}: not whole JSON: ${(error as Error).message}`);
  }
  const parsed = modelJsonSchema.safeParse(json);
  if (!parsed.success) throw notTfjs(path, parsed.error);
  const format = formatOf(path, parsed.data);
  const folder = await Deno.realPath(path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : ".");
  const names = parsed.data.weightsManifest.flatMap(({ paths }) => paths);
  if (names.length > mostFiles) {
    throw new RangeError(`${path}: it names ${names.length} files; allowed are ${mostFiles}`);
  }
  const hash = createHash("sha256").update(text);
  const shards: Uint8Array[] = [];
  let bytes = 0;
  for (const name of names) {
    let shard: Uint8Array;
    try {
      const real = await Deno.realPath(`${folder}/${name}`);
      if (!real.startsWith(folder === "/" ? folder : `${folder}/`)) throw new Error("it lies outside the folder");
      const { isFile, size } = await Deno.stat(real);
      if (!isFile) throw new Error("it is no file");
      bytes += size;
      if (bytes > mostBytes) throw new Error("the weights are larger than 1 GiB");
      shard = await Deno.readFile(real);
    } catch (error) {
      throw new RangeError(`${path}: its weights "${name}" cannot be read: ${(error as Error).message}`);
    }
    hash.update(shard);
    shards.push(shard);
  }
  // As one buffer: tfjs 4.22 reads zeros from a last shard that is larger than the others.
  const weights = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const shard of shards) {
    weights.set(shard, place);
    place += shard.length;
  }
  return {
    format,
    hash: hash.digest("hex"),
    normalisation: normalisationOf(path, json),
    modelJson: parsed.data as unknown as tf.io.ModelJSON,
    weights: weights.buffer,
  };
}
