import { exportOnnx } from "../onnx.ts";
import { bytesOf, type ExportFormat } from "./format.ts";

const modelFile = "model.onnx";

/** `[height, width, channels]` as `[channels, height, width]`. */
function channelsFirst(image: Float32Array, channels: number): Float32Array {
  const pixels = image.length / channels;
  return Float32Array.from(image, (_, index) => image[(index % pixels) * channels + Math.floor(index / pixels)]);
}

/** Batches of any size; an image at `[channels, height, width]`. */
export const onnx: ExportFormat = {
  summary: "ONNX, opset 17",
  checkedBy: "onnxruntime-node",
  encode: (architecture, weights, { normalisation } = {}) => ({
    [modelFile]: exportOnnx(architecture, weights, { anyBatch: true, normalisation }),
  }),
  async open(files) {
    // Native code: loaded by those only who need it.
    const { InferenceSession, Tensor } = await import("onnxruntime-node");
    const session = await InferenceSession.create(bytesOf(files, modelFile), { intraOpNumThreads: 1 });
    const [input] = session.inputMetadata;
    const [, ...imageShape] = (input.isTensor ? input.shape : []).map(Number);
    return {
      async logits(images, count) {
        const size = images.length / count;
        const batch = new Float32Array(images.length);
        for (let row = 0; row < count; row++) {
          batch.set(channelsFirst(images.subarray(row * size, (row + 1) * size), imageShape[0]), row * size);
        }
        const { logits } = await session.run({ image: new Tensor("float32", batch, [count, ...imageShape]) });
        return Float32Array.from(logits.data as Float32Array);
      },
      dispose: () => session.release(),
    };
  },
};
