// What `--model PATH` accepts: an architecture (JSON), a TF.js model, an ONNX file. The content says which it is.
import type { Model } from "../../src/schemas/measurement.ts";
import { architectureModel, parseArchitecture } from "./architecture_model.ts";
import { chooseInputShape } from "./declared_input.ts";
import { readJsonFile } from "./json_file.ts";
import { requireModelBytes } from "./model_bytes.ts";
import { findModelFile } from "./model_file.ts";
import { readOnnxInputs } from "./onnx_inputs.ts";
import { isTfjsJson, readTfjsFolder } from "./tfjs_folder.ts";

export interface ReadModel {
  model: Model;
  /** Where its files lie on this machine, by SHA-256; none for an architecture. */
  files: Map<string, string>;
}

export interface ReadModelOptions {
  /** What to measure with where the model leaves sizes open, the batch included. */
  inputShape?: readonly number[];
}

const inputSeed = 1;
const longestName = 200;
const openingBytes = 512;

/** What the model is called: its file's name, or its folder's where the file is a model.json. */
function nameOf(path: string): string {
  const parts = path.split("/").filter((part) => part && part !== ".");
  const file = parts.at(-1) ?? "model";
  const name = file === "model.json" ? parts.at(-2) ?? "model" : file.replace(/\.(json|onnx)$/i, "");
  return (name || file).slice(0, longestName);
}

async function statOf(path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Error(`${path}: no such file`);
    throw new Error(`cannot read ${path}: ${(error as Error).message}`);
  }
}

async function isJson(path: string): Promise<boolean> {
  const opening = new Uint8Array(openingBytes);
  let length: number | null;
  try {
    using file = await Deno.open(path);
    length = await file.read(opening);
  } catch (error) {
    throw new Error(`cannot read ${path}: ${(error as Error).message}`);
  }
  if (!length) throw new Error(`${path} is empty`);
  return /^\s*[{[]/.test(new TextDecoder().decode(opening.subarray(0, length)));
}

async function fromJson(path: string, bytes: number, { inputShape }: ReadModelOptions): Promise<ReadModel> {
  const json = await readJsonFile(path, bytes);
  if (isTfjsJson(json)) {
    const { source, files, inputShape: shape } = await readTfjsFolder(path, json, inputShape);
    const input = { shape, seed: inputSeed, channelsFirst: false };
    return { model: { name: nameOf(path), source, input }, files };
  }
  if (typeof json !== "object" || json === null || !("nodes" in json)) {
    throw new Error(`${path} is JSON, but neither an architecture nor a TF.js model`);
  }
  const model = architectureModel(nameOf(path), parseArchitecture(path, json));
  chooseInputShape(path, [{ name: "image", type: "float32", shape: model.input.shape }], inputShape);
  return { model, files: new Map() };
}

async function fromOnnx(path: string, { inputShape }: ReadModelOptions): Promise<ReadModel> {
  const shape = chooseInputShape(path, await readOnnxInputs(path), inputShape);
  const { file, absolutePath } = await findModelFile("model.onnx", await Deno.realPath(path));
  return {
    model: {
      name: nameOf(path),
      source: { kind: "onnx", file },
      input: { shape, seed: inputSeed, channelsFirst: false },
    },
    files: new Map([[file.sha256, absolutePath]]),
  };
}

/**
 * The model at `path`: a file, or a folder that holds a model.json. Error in one line that names the file where it is
 * missing, none of ours, over 512 MB, where it has not exactly one input of floats, or leaves its sizes open and
 * `inputShape` does not give them.
 */
export async function readModel(path: string, options: ReadModelOptions = {}): Promise<ReadModel> {
  const info = await statOf(path);
  if (info.isDirectory) {
    const inner = `${path.replace(/\/+$/, "")}/model.json`;
    try {
      await Deno.stat(inner);
    } catch {
      throw new Error(`${path} is a folder without a model.json`);
    }
    return await readModel(inner, options);
  }
  if (!info.isFile) throw new Error(`${path} is neither a file nor a folder`);
  requireModelBytes(path, info.size);
  return await isJson(path) ? await fromJson(path, info.size, options) : await fromOnnx(path, options);
}
