// What a file of the user's is, by its first bytes: names may say anything.
import { looksLikeNpy } from "./npy.ts";
import { looksLikeSafetensors } from "./safetensors_tensors.ts";

export type FileKind = "npy" | "safetensors" | "json" | "onnx";

const allowed =
  "a Nacre checkpoint or weights (.safetensors), a TF.js model (folder or model.json), an ONNX file, or a " +
  "table of logits (.npy, .safetensors)";

const openingBytes = 512;

// Others that people try, by how they begin.
const others: readonly (readonly [opening: string, what: string])[] = [
  [
    "PK\u0003\u0004",
    "a ZIP archive (PyTorch .pt, Keras .keras, .npz): save its tensors as .safetensors or export ONNX",
  ],
  ["\u0080\u0002", "a pickle: save its tensors as .safetensors or export ONNX"],
  ["\u0089HDF", "an HDF5 file: convert it to TF.js"],
];

/** The path of the file that `path` stands for: a folder stands for its model.json. RangeError where there is none. */
export async function teacherFile(path: string): Promise<string> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (error) {
    throw new RangeError(
      error instanceof Deno.errors.NotFound
        ? `${path}: no such file; a teacher is ${allowed}`
        : `${path}: cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (info.isFile) return path;
  if (!info.isDirectory) throw new RangeError(`${path}: neither a file nor a folder`);
  const inner = `${path.replace(/\/+$/, "")}/model.json`;
  const { isFile } = await Deno.stat(inner).catch(() => ({ isFile: false }));
  if (!isFile) throw new RangeError(`${path}: a folder without a model.json; a teacher is ${allowed}`);
  return inner;
}

/** What the file at `path` is. RangeError of one line where it is none of those. */
export async function fileKind(path: string): Promise<FileKind> {
  const opening = new Uint8Array(openingBytes);
  let length: number | null;
  try {
    using file = await Deno.open(path);
    length = await file.read(opening);
  } catch (error) {
    throw new RangeError(`${path}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (!length) throw new RangeError(`${path}: the file is empty`);
  const bytes = opening.subarray(0, length);
  if (looksLikeNpy(bytes)) return "npy";
  if (looksLikeSafetensors(bytes)) return "safetensors";
  const text = new TextDecoder("latin1").decode(bytes);
  if (/^\s*\{/.test(text)) return "json";
  for (const [begin, what] of others) {
    // Latin-1 of TextDecoder is Windows-1252, which turns 0x80 to 0x9f into other letters.
    if ([...begin].every((letter, place) => bytes[place] === letter.charCodeAt(0))) {
      throw new RangeError(`${path}: ${what}`);
    }
  }
  // The first field of an ONNX file is its version or its producer.
  if (bytes[0] === 0x08 || bytes[0] === 0x12 || /\.onnx$/i.test(path)) return "onnx";
  throw new RangeError(`${path}: it is none that is known; a teacher is ${allowed}`);
}
