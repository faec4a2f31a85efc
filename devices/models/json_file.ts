import { bytesText } from "./model_bytes.ts";

/** Model files of JSON hold topologies, not weights. */
const maximumJsonBytes = 64e6;

/** The JSON of a file of `bytes` bytes. Error that names `path` where it is none, or too large to be taken in whole. */
export async function readJsonFile(path: string, bytes: number): Promise<unknown> {
  if (bytes > maximumJsonBytes) {
    throw new RangeError(`${path} is ${bytesText(bytes)} of JSON; at most ${bytesText(maximumJsonBytes)}`);
  }
  const text = await Deno.readTextFile(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message.replaceAll(/\s+/g, " ")}`);
  }
}
