// What one has to know to run a safetensors export with a program of one's own, for people.
import { batchNormEpsilon } from "../ops/normalised.ts";
import type { Architecture, OpName } from "../schemas/architecture.ts";

/** Every op in evaluation. A missing row does not compile. */
const meanings: Record<OpName, string> = {
  conv: "a convolution (cross-correlation: the kernel is not flipped) without bias in steps of `stride`, padded with " +
    "zeros, then batch norm, then `activation`. `kernel` is `[height, width, inputs, outputs]`",
  depthwiseConv:
    "a convolution of each channel by a kernel of its own (the kernel is not flipped) without bias in steps " +
    "of `stride`, padded with zeros, then batch norm, then `activation`. `kernel` is `[height, width, channels, 1]`",
  squeezeExcite:
    "with `m` the mean of the input over height and width, `s = relu(m · squeezeKernel + squeezeBias)` and " +
    "`g = sigmoid(s · exciteKernel + exciteBias)`, each channel of the input times its `g`. Kernels are " +
    "`[inputs, outputs]`",
  add: "the sum of its two inputs, then `activation` where it has one. `dropRate` is of training alone",
  averagePool: "the mean over windows of `kernel` by `kernel` pixels in steps of `stride`. Padding is left out: at a " +
    "border the sum is divided by the number of pixels that lie within the image",
  maxPool:
    "the largest over windows of `kernel` by `kernel` pixels in steps of `stride`. Padding is left out: it never " +
    "is the largest",
  subsample:
    "every `stride`-th pixel along height and width, from the first on; then channels of zeros are added up to " +
    "`channels`, half of them, rounded down, before the others and the rest after",
  dropout: "its input as it is; `rate` is of training alone",
  globalAveragePool: "the mean over height and width; `[batch, channels]` is left",
  dense: "`x · kernel + bias`. `kernel` is `[inputs, outputs]`",
};

/** How to run the safetensors export of `architecture`, as Markdown: its layouts, its rules, and each op that it has. */
export function howToRead({ nodes }: Architecture): string {
  const used = (Object.keys(meanings) as OpName[]).filter((name) => nodes.some(({ op }) => op === name));
  return `\`architecture.json\` is the network, \`model.safetensors\` its weights as trained: batch norm is not folded. The
metadata of the latter hold the network too, as \`architecture\`, \`batchNormEpsilon\` and, where it is known how images are
normalised, per channel, of values from 0 to 1, \`normalise_mean\` and \`normalise_std\`.

- Tensors are 32-bit floats, the last axis moving fastest, named by node, op and weight: \`0.conv.kernel\` is of the first
  of \`nodes\`.
- Nodes are computed in order. Their \`inputs\` are the numbers of earlier nodes, from 0 on; -1 is the image,
  \`[batch, height, width, channels]\`. The last node gives the logits. \`tap\` and \`origin\` change nothing.
- Padding is TensorFlow's "same". Along a side of \`size\` pixels the output has \`ceil(size / stride)\`, and
  \`max((output - 1) * stride + kernel - size, 0)\` pixels are added: half of them, rounded down, before (top, left), the
  rest after (bottom, right).
- Batch norm, per channel: \`(x - movingMean) / sqrt(movingVariance + ${batchNormEpsilon}) * gamma + beta\`.
- \`activation\`: \`none\`; \`relu\`, \`max(x, 0)\`; \`relu6\`, \`min(max(x, 0), 6)\`.
${used.map((op) => `- \`${op}\`: ${meanings[op]}.`).join("\n")}`;
}
