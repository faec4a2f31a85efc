import type { Dataset } from "../data/dataset.ts";
import { decodeSafetensors } from "../export/safetensors.ts";
import { layoutOf } from "../ops/layout.ts";
import { type Architecture, architectureSchema } from "../schemas/architecture.ts";
import { createSpace } from "../spaces/table.ts";

const widthPattern = /^mnas(?:=(\d+(?:\.\d+)?))?$/;

/** Images and classes that a student is for. */
type StudentData = Pick<Dataset, "height" | "width" | "channels" | "classNames">;

/**
 * The student that `text` names: `mnas`, `mnas=0.5`, or a file with an architecture. Throws a RangeError of one line where
 * there is none, or one for other images or classes than those of `dataset`.
 */
export async function studentArchitecture(text: string, dataset: StudentData): Promise<Architecture> {
  const io = { ...dataset, classes: dataset.classNames.length };
  const match = widthPattern.exec(text);
  if (match) {
    const width = Number(match[1] ?? 1);
    if (!(width > 0 && width <= 10)) throw new RangeError(`the width of ${text} must be above 0 and at most 10`);
    return createSpace("mnas", io).reference(width);
  }
  const architecture = await readArchitectureFile(text);
  const { height, width, channels } = architecture.input;
  const sizes = (height: number, width: number, channels: number, classes: number) =>
    `${height}x${width}x${channels} images in ${classes} classes`;
  const own = sizes(height, width, channels, architecture.classes);
  const wanted = sizes(io.height, io.width, io.channels, io.classes);
  if (own !== wanted) throw new RangeError(`--architecture ${text}: it is for ${own}, the data has ${wanted}`);
  return architecture;
}

function parseArchitecture(bytes: Uint8Array, path: string): Architecture {
  if (bytes[0] !== "{".charCodeAt(0)) return decodeSafetensors(bytes, path).architecture;
  const parsed = architectureSchema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) {
    const [{ path: place, message }] = parsed.error.issues;
    throw new RangeError(`${place.length > 0 ? `${place.join(".")}: ` : ""}${message}`);
  }
  // Shapes that do not fit are told before anything is trained.
  layoutOf(parsed.data);
  return parsed.data;
}

function readArchitecture(bytes: Uint8Array, path: string): Architecture {
  try {
    return parseArchitecture(bytes, path);
  } catch (error) {
    throw new RangeError(`--architecture ${path}: no architecture (${(error as Error).message.split("\n")[0]})`);
  }
}

/** The architecture in a file. Throws a RangeError of one line where there is none. */
export async function readArchitectureFile(text: string): Promise<Architecture> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new RangeError(`--architecture ${text}: no such file; allowed are mnas, mnas=WIDTH and the path of a file`);
    }
    throw new RangeError(`--architecture ${text}: ${(error as Error).message}`);
  }
  return readArchitecture(bytes, text);
}
