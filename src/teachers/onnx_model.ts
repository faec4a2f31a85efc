// An ONNX file on onnxruntime-node, which is loaded when the first one is opened.
import { oneLine } from "./one_line.ts";
import { declaredImages } from "./declared_images.ts";
import type { ImageSizes } from "./image_adaptation.ts";
import type { LoadedModel, ModelOutput } from "./model_teacher.ts";

function floats(path: string, name: string, { data, type }: { data: unknown; type: string }): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  throw new RangeError(`${path}: its output "${name}" is ${type}; allowed are float32 and float64`);
}

/**
 * Loads the bytes of an ONNX file, or the file at `path` with those beside it that hold its weights. It takes one input of
 * floats, images in either layout; RangeError of one line that begins with `path` otherwise.
 */
export async function loadOnnxModel(
  file: Uint8Array | undefined,
  { path, hash, data, threads }: { path: string; hash: string; data: ImageSizes; threads: number },
): Promise<LoadedModel> {
  const onnxruntime = await import("onnxruntime-node");
  let session: Awaited<ReturnType<typeof onnxruntime.InferenceSession.create>>;
  try {
    const { InferenceSession } = onnxruntime;
    const options = { intraOpNumThreads: threads, logSeverityLevel: 4 } as const;
    // Only by its path does the runtime know where to look for the others.
    session = await (file ? InferenceSession.create(file, options) : InferenceSession.create(path, options));
  } catch (error) {
    throw new RangeError(`${path}: not an ONNX model that can be run: ${oneLine(error)}`);
  }
  const { inputMetadata, outputNames } = session;
  try {
    const [input] = inputMetadata;
    if (inputMetadata.length !== 1) {
      throw new RangeError(`${path}: it has ${inputMetadata.length} inputs; a teacher has one, of images`);
    }
    if (!input.isTensor || input.type !== "float32") {
      throw new RangeError(
        `${path}: its input "${input.name}" is ${input.isTensor ? input.type : "no tensor"}, not float32`,
      );
    }
    const shape = input.shape.map((size) => typeof size === "number" && size >= 1 ? size : undefined);
    const images = declaredImages(path, { shape, data, usual: "nchw" });
    const { height, width, channels } = images.input;
    const sizes = images.layout === "nchw" ? [channels, height, width] : [height, width, channels];
    return {
      hash,
      ...images,
      async run(values, count): Promise<ModelOutput[]> {
        let results: Awaited<ReturnType<typeof session.run>>;
        try {
          results = await session.run({ [input.name]: new onnxruntime.Tensor("float32", values, [count, ...sizes]) });
        } catch (error) {
          throw new RangeError(`${path}: it does not run on ${count} images [${sizes}]: ${oneLine(error)}`);
        }
        return outputNames.map((name) => ({
          shape: results[name].dims,
          values: floats(path, name, results[name]),
        }));
      },
      dispose() {
        // Settles at once; nothing is under way, for requests are awaited.
        session.release().catch(() => {});
      },
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}
