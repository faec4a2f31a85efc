import { exportOnnx } from "../onnx.ts";
import { bytesOf, type ExportFormat } from "./format.ts";

const modelFile = "model.onnx";

/** `[height, width, channels]` as `[channels, height, width]`. */
function channelsFirst(image: Float32Array, channels: number): Float32Array {
  const pixels = image.length / channels;
  return Float32Array.from(image, (_, index) => image[(index % pixels) * channels + Math.floor(index / pixels)]);
}

/** One image at a time, at `[channels, height, width]`. */
export const onnx: ExportFormat = {
  summary: "ONNX, opset 17",
  checkedBy: "onnxruntime-node",
  encode: (architecture, weights) => ({ [modelFile]: exportOnnx(architecture, weights) }),
  async open(files) {
    // Native code: loaded by those only who need it.
    const { InferenceSession, Tensor } = await import("onnxruntime-node");
    const session = await InferenceSession.create(bytesOf(files, modelFile), { intraOpNumThreads: 1 });
    const [input] = session.inputMetadata;
    const shape = (input.isTensor ? input.shape : []).map(Number);
    return {
      async logits(images, count) {
        const size = images.length / count;
        const rows: Float32Array[] = [];
        for (let row = 0; row < count; row++) {
          const image = channelsFirst(images.subarray(row * size, (row + 1) * size), shape[1]);
          const { logits } = await session.run({ image: new Tensor("float32", image, shape) });
          rows.push(Float32Array.from(logits.data as Float32Array));
        }
        const classes = rows[0]?.length ?? 0;
        const all = new Float32Array(count * classes);
        for (const [row, values] of rows.entries()) all.set(values, row * classes);
        return all;
      },
      dispose: () => session.release(),
    };
  },
};
