// Batch norm with its activation in two passes over the data, and its gradient likewise.
import * as tf from "@tensorflow/tfjs";
import { batchNormActivationKernel, type BatchNormOptions } from "../../ops/batch_norm.ts";
import type { Activation } from "../../schemas/architecture.ts";
import type { Kernel } from "./kernel.ts";

const gradientKernel = `${batchNormActivationKernel}Grad`;

const activationRange = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
} satisfies Record<Activation, [lower: number, upper: number]>;

const forward: Kernel = {
  name: batchNormActivationKernel,
  run(library, { x, gamma, beta }, { epsilon, activation }: BatchNormOptions) {
    const channels = gamma.size;
    const outputs = [library.output(x.shape), library.output([channels]), library.output([channels])];
    const [input, scale, shift, y, mean, variance] = [x, gamma, beta, ...outputs].map((tensor) =>
      library.address(tensor)
    );
    const [lower, upper] = activationRange[activation];
    library.withScratch(library.kernels.batchNormScratchFloats(channels), (scratch) => {
      // deno-fmt-ignore
      library.kernels.batchNorm(
        x.size / channels, channels, input, scale, shift, epsilon, lower, upper, y, mean, variance, scratch,
      );
    });
    return outputs;
  },
};

const gradient: Kernel = {
  name: gradientKernel,
  run(library, inputs, { epsilon, activation }: BatchNormOptions) {
    const channels = inputs.gamma.size;
    const outputs = [library.output(inputs.x.shape), library.output([channels]), library.output([channels])];
    const [dx, dGamma, dBeta] = outputs.map((tensor) => library.address(tensor));
    const [x, gamma, beta, mean, variance, dy, dMean, dVariance] = [
      inputs.x,
      inputs.gamma,
      inputs.beta,
      inputs.mean,
      inputs.variance,
      inputs.dy,
      inputs.dMean,
      inputs.dVariance,
    ].map((tensor) => library.address(tensor));
    const [lower, upper] = activationRange[activation];
    library.withScratch(library.kernels.batchNormScratchFloats(channels), (scratch) => {
      // deno-fmt-ignore
      library.kernels.batchNormGradient(
        inputs.x.size / channels, channels, x, gamma, beta, mean, variance, epsilon, lower, upper, dy, dMean,
        dVariance, dx, dGamma, dBeta, scratch,
      );
    });
    return outputs;
  },
};

/** The kernel that ops/batch_norm.ts looks for, and its gradient's. */
export const batchNormKernels: Kernel[] = [forward, gradient];

/** Puts the kernel on the gradient tape. */
export const batchNormGradient: tf.GradConfig = {
  kernelName: batchNormActivationKernel,
  inputsToSave: ["x", "gamma", "beta"],
  outputsToSave: [false, true, true],
  gradFunc(dys, saved, attributes) {
    const [dy, dMean, dVariance] = dys as tf.Tensor[];
    const [x, gamma, beta, mean, variance] = saved;
    const inputs = { x, gamma, beta, mean, variance, dy, dMean, dVariance };
    const [dx, dGamma, dBeta] = tf.engine().runKernel(gradientKernel, inputs, attributes) as tf.Tensor[];
    return { x: () => dx, gamma: () => dGamma, beta: () => dBeta };
  },
};
