// A TF.js model: model.json, and beside it the files of weights that it names.
import * as z from "zod";
import type { NetworkSource } from "../../src/schemas/measurement.ts";
import { chooseInputShape, type DeclaredInput } from "./declared_input.ts";
import { bytesText, maximumModelBytes } from "./model_bytes.ts";
import { findModelFile, type FoundFile } from "./model_file.ts";
import { graphInputs, layersInputs } from "./tfjs_inputs.ts";

type TfjsSource = Extract<NetworkSource, { kind: "tfjs" }>;

export interface TfjsFolder {
  source: TfjsSource;
  /** Where the files lie, by hash. */
  files: Map<string, string>;
  inputShape: number[];
}

const maximumFiles = 2000;

const modelJsonSchema = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1).max(300)) })),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.object({ signature: z.unknown().optional() }).nullish(),
});

/** Whether `json` is meant to be a TF.js model. */
export function isTfjsJson(json: unknown): boolean {
  return typeof json === "object" && json !== null && "modelTopology" in json;
}

/** The real path of what `folder` calls `path`. Error where that is missing or lies outside the folder. */
async function within(folder: string, path: string, named: string): Promise<string> {
  let real: string;
  try {
    real = await Deno.realPath(`${folder}/${path}`);
  } catch (error) {
    throw new Error(`${named} needs ${path}, which cannot be read: ${(error as Error).message}`);
  }
  if (!real.startsWith(folder === "/" ? folder : `${folder}/`)) {
    throw new Error(`${named} needs ${path}, which lies outside its folder, at ${real}`);
  }
  if (!(await Deno.stat(real)).isFile) throw new Error(`${named} needs ${path}, which is no file`);
  return real;
}

function formatOf(path: string, { format, modelTopology }: z.infer<typeof modelJsonSchema>): TfjsSource["format"] {
  // Old converters did not write the format.
  if (format === "graph-model" || (format === undefined && "node" in modelTopology)) return "graph";
  if (format === "layers-model" || (format === undefined && !("node" in modelTopology))) return "layers";
  throw new Error(`${path} has the format ${JSON.stringify(format)}; known are graph-model and layers-model`);
}

/** The model whose model.json is `json` and lies at `path`. Error in one line that names `path` where it cannot be timed. */
export async function readTfjsFolder(
  path: string,
  json: unknown,
  askedShape: readonly number[] | undefined,
): Promise<TfjsFolder> {
  const parsed = modelJsonSchema.safeParse(json);
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new Error(`${path} is no TF.js model: ${place.join(".")}: ${message}`);
  }
  const model = parsed.data;
  const format = formatOf(path, model);
  let inputs: DeclaredInput[];
  try {
    inputs = format === "graph"
      ? graphInputs(model.modelTopology, model.userDefinedMetadata?.signature ?? model.signature)
      : layersInputs(model.modelTopology);
  } catch (error) {
    throw new Error(`${path} is no TF.js model: ${(error as Error).message}`);
  }
  const inputShape = chooseInputShape(path, inputs, askedShape);

  const slash = path.lastIndexOf("/");
  const folder = await Deno.realPath(slash < 0 ? "." : path.slice(0, slash + 1));
  const names = [path.slice(slash + 1), ...new Set(model.weightsManifest.flatMap(({ paths }) => paths))];
  if (names.length > maximumFiles) throw new RangeError(`${path} names ${names.length} files; at most ${maximumFiles}`);
  // All sizes are known before any file is read.
  const places: { name: string; real: string }[] = [];
  let bytes = 0;
  for (const name of names) {
    const real = await within(folder, name, path);
    places.push({ name, real });
    bytes += (await Deno.stat(real)).size;
  }
  if (bytes > maximumModelBytes) {
    throw new RangeError(`${path} is ${bytesText(bytes)} with its weights; at most ${bytesText(maximumModelBytes)}`);
  }
  const found: FoundFile[] = [];
  for (const { name, real } of places) found.push(await findModelFile(name, real));
  return {
    source: { kind: "tfjs", format, files: found.map(({ file }) => file) },
    files: new Map(found.map(({ file, absolutePath }) => [file.sha256, absolutePath])),
    inputShape,
  };
}
