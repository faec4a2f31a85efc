// Gradient attention (Zagoruyko & Komodakis 2017, 1612.03928, section 3.2): adds
// (weight / 2) * |d CE_student / d images - d CE_teacher / d images|^2, mean over the batch, to another loss. Its parameter
// gradient is of second order; it is taken as how the gradient of the cross-entropy changes along the difference of the two
// image gradients, which costs two more passes, or one where the other loss is the cross-entropy itself. With ReLU and batch
// norm that is a smoothed difference rather than a derivative: the move must be large enough for float32.
import type { TeacherOutput } from "../teachers/teacher.ts";
import { stepAlong } from "./gradient_difference.ts";
import type { StepLoss } from "./step_loss.ts";
import type { Student } from "./student.ts";

export interface GradientAttentionOptions<Batch> {
  weight: number;
  /** The other loss; absent: the cross-entropy with the labels, weight 1. */
  inner?: StepLoss<Batch>;
  /** Root mean square of the move of the images, in units of their own. */
  size?: number;
}

/** The student must have been built with the images' gradient, and the first teacher answer with its own. */
export function gradientAttentionLoss<
  Batch extends { images: Float32Array; labels: Int32Array; teachers: readonly TeacherOutput[] },
>({ network, batchSize }: Student, options: GradientAttentionOptions<Batch>): StepLoss<Batch> {
  const { inner, weight, size = 0.001 } = options;
  const losses: number[] = [];
  // A port that is left out keeps the gradient that the other loss gave it.
  const silent = Object.fromEntries(
    Object.entries(network.plan.ports)
      .filter(([name, { gradient }]) => name !== "logits" && gradient !== undefined)
      .map(([name, { value: { shape } }]) => [name, new Float32Array(batchSize * shape[0] * shape[1] * shape[2])]),
  );
  const crossEntropyPass = async (labels: Int32Array) => {
    network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
    network.backward(silent);
    const gradient = await network.readGradient();
    return { gradient, loss: (await network.readLosses()).at(-1) ?? NaN };
  };
  return {
    async backward(batch, progress) {
      const { images, labels, teachers: [teacher] } = batch;
      if (!teacher?.imageGradient) {
        throw new RangeError("gradient attention needs the teacher's gradient of the images");
      }
      let total: Float32Array | undefined;
      let loss = 0;
      if (inner) {
        await inner.backward(batch, progress);
        total = await network.readGradient();
        loss = (await inner.read()).at(-1) ?? NaN;
        network.forward(images);
      }
      const here = await crossEntropyPass(labels);
      if (!inner) loss = here.loss;
      total ??= here.gradient.slice();
      const own = await network.readImageGradient();
      const direction = own.map((value, index) => value - teacher.imageGradient![index]);
      // Gradients are those of a mean over the batch, the squared difference is that of each image's own loss.
      losses.push(loss + weight / 2 * batchSize * direction.reduce((sum, value) => sum + value * value, 0));
      if (direction.some((value) => value !== 0)) {
        const step = stepAlong(images, direction, size);
        network.forward(images.map((value, index) => value + step * direction[index]));
        const there = await crossEntropyPass(labels);
        const factor = weight * batchSize / step;
        for (let i = 0; i < total.length; i++) total[i] += factor * (there.gradient[i] - here.gradient[i]);
      }
      network.writeGradient(total);
    },
    read: () => Promise.resolve(Float32Array.from(losses.splice(0))),
    endStep: (learningRate) => inner?.endStep(learningRate),
    dispose: () => inner?.dispose(),
  };
}
