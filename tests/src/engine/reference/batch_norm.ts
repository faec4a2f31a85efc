// Ioffe & Szegedy 2015, 1502.03167: forward as algorithm 1, backward as the equations of section 3.
import { map, type Tensor, zerosLike } from "./tensor.ts";

const epsilon = 1e-3;

export interface BatchNormResult {
  output: Tensor;
  batchStatistics: [mean: Float64Array, variance: Float64Array];
  backward(gradient: Tensor): { input: Tensor; gamma: Float64Array; beta: Float64Array };
}

/** Mean and biased variance of each channel. */
function statisticsOf(x: Tensor): [mean: Float64Array, variance: Float64Array] {
  const count = x.data.length / x.channels;
  const mean = new Float64Array(x.channels);
  for (const [index, value] of x.data.entries()) mean[index % x.channels] += value / count;
  const variance = new Float64Array(x.channels);
  for (const [index, value] of x.data.entries()) {
    variance[index % x.channels] += (value - mean[index % x.channels]) ** 2 / count;
  }
  return [mean, variance];
}

/** Batch norm of `x` by the batch, or by `moving` (mean and variance) if `training` is false. */
export function batchNorm(
  x: Tensor,
  [gamma, beta]: readonly Float64Array[],
  moving: readonly Float64Array[],
  training: boolean,
): BatchNormResult {
  const { channels } = x;
  const batchStatistics = statisticsOf(x);
  const [mean, variance] = training ? batchStatistics : moving;
  const deviation = variance.map((value) => Math.sqrt(value + epsilon));
  const normalised = map(x, (value, i) => (value - mean[i % channels]) / deviation[i % channels]);
  return {
    output: map(normalised, (value, i) => gamma[i % channels] * value + beta[i % channels]),
    batchStatistics,
    backward(gradient) {
      const count = x.data.length / channels;
      const gammaGradient = new Float64Array(channels), betaGradient = new Float64Array(channels);
      const varianceGradient = new Float64Array(channels), meanGradient = new Float64Array(channels);
      for (const [i, dy] of gradient.data.entries()) {
        const c = i % channels;
        gammaGradient[c] += dy * normalised.data[i];
        betaGradient[c] += dy;
        varianceGradient[c] += dy * gamma[c] * (x.data[i] - mean[c]) * (-1 / 2) * deviation[c] ** -3;
        meanGradient[c] += dy * gamma[c] * (-1 / deviation[c]);
      }
      const input = zerosLike(x);
      for (const [i, dy] of gradient.data.entries()) {
        const c = i % channels;
        input.data[i] = dy * gamma[c] / deviation[c];
        if (!training) continue;
        input.data[i] += varianceGradient[c] * 2 * (x.data[i] - mean[c]) / count + meanGradient[c] / count;
      }
      return { input, gamma: gammaGradient, beta: betaGradient };
    },
  };
}
