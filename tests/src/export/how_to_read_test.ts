// The text is enough: a forward pass that imports nothing of the project's networks, written from the text alone.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import { exportFormats } from "../../../src/export/formats/table.ts";
import { howToRead } from "../../../src/export/how_to_read.ts";
import { runDeployed } from "../../../src/export/run_deployed.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace, type SpaceName, spaceNames } from "../../../src/spaces/table.ts";
import { everyOpNetwork } from "../engine/every_op_network.ts";
import { useBackend } from "../ops/run_op.ts";
import { assertClose, values } from "../ops/values.ts";
import { drawTokens } from "../spaces/tokens.ts";
import { grownNetworks } from "./grown_networks.ts";
import { testWeights } from "./onnx/deployed_logits.ts";

/** Of one image: `[height, width, channels]`, or `[channels]`. */
interface Image {
  shape: number[];
  at: Float64Array;
}

interface Node {
  op: string;
  inputs: number[];
  kernel?: number;
  stride?: number;
  channels?: number;
  activation?: string;
}

interface Tensor {
  shape: number[];
  at: Float32Array;
}

const sum = (terms: number[]) => terms.reduce((total, term) => total + term, 0);
const relu = (x: number) => Math.max(x, 0);
const activations: Record<string, (x: number) => number> = {
  none: (x) => x,
  relu,
  relu6: (x) => Math.min(relu(x), 6),
};

/** Pixels within the image of each window, as offsets into the image's channel 0, with the tap of the kernel. */
function windows({ shape: [height, width, channels] }: Image, kernel: number, stride: number) {
  const along = (size: number) => {
    const output = Math.ceil(size / stride);
    return { output, before: Math.floor(Math.max((output - 1) * stride + kernel - size, 0) / 2) };
  };
  const [rows, columns] = [along(height), along(width)];
  const list: { pixel: number; tap: number }[][] = [];
  for (let row = 0; row < rows.output; row++) {
    for (let column = 0; column < columns.output; column++) {
      const pixels = [];
      for (let tap = 0; tap < kernel * kernel; tap++) {
        const y = row * stride - rows.before + Math.floor(tap / kernel);
        const x = column * stride - columns.before + tap % kernel;
        if (y >= 0 && y < height && x >= 0 && x < width) pixels.push({ pixel: (y * width + x) * channels, tap });
      }
      list.push(pixels);
    }
  }
  return { size: [rows.output, columns.output], list };
}

function means({ shape: [height, width, channels], at }: Image): Float64Array {
  const pixels = height * width;
  return Float64Array.from(
    { length: channels },
    (_, channel) => sum(Array.from({ length: pixels }, (_, pixel) => at[pixel * channels + channel])) / pixels,
  );
}

function linear(x: Float64Array, { at: kernel }: Tensor, { at: bias }: Tensor): Float64Array {
  const outputs = bias.length;
  return Float64Array.from(
    bias,
    (value, output) => value + sum([...x].map((one, input) => one * kernel[input * outputs + output])),
  );
}

function compute(node: Node, [x, other]: Image[], weight: (name: string) => Tensor, epsilon: number): Image {
  const { kernel = 1, stride = 1 } = node;
  const [height, width, channels] = x.shape;
  switch (node.op) {
    case "conv":
    case "depthwiseConv": {
      const taps = weight("kernel");
      const isDepthwise = node.op === "depthwiseConv";
      assertEquals(taps.shape, [kernel, kernel, channels, isDepthwise ? 1 : taps.shape[3]]);
      const outputs = isDepthwise ? channels : taps.shape[3];
      const [gamma, beta, mean, variance] = ["gamma", "beta", "movingMean", "movingVariance"].map((name) =>
        weight(name).at
      );
      const activation = activations[node.activation ?? "none"];
      const { size, list } = windows(x, kernel, stride);
      const at = list.flatMap((pixels) =>
        Array.from({ length: outputs }, (_, output) => {
          const value = sum(pixels.map(({ pixel, tap }) => {
            if (isDepthwise) return x.at[pixel + output] * taps.at[tap * channels + output];
            let total = 0;
            for (let input = 0; input < channels; input++) {
              total += x.at[pixel + input] * taps.at[(tap * channels + input) * outputs + output];
            }
            return total;
          }));
          const normal = (value - mean[output]) / Math.sqrt(variance[output] + epsilon);
          return activation(normal * gamma[output] + beta[output]);
        })
      );
      return { shape: [...size, outputs], at: Float64Array.from(at) };
    }
    case "squeezeExcite": {
      const squeezed = linear(means(x), weight("squeezeKernel"), weight("squeezeBias")).map(relu);
      const gate = linear(squeezed, weight("exciteKernel"), weight("exciteBias")).map((one) =>
        1 / (1 + Math.exp(-one))
      );
      return { shape: x.shape, at: x.at.map((value, index) => value * gate[index % channels]) };
    }
    case "add": {
      const activation = activations[node.activation ?? "none"];
      return { shape: x.shape, at: x.at.map((value, index) => activation(value + other.at[index])) };
    }
    case "averagePool":
    case "maxPool": {
      const { size, list } = windows(x, kernel, stride);
      const at = list.flatMap((pixels) =>
        Array.from({ length: channels }, (_, channel) => {
          const seen = pixels.map(({ pixel }) => x.at[pixel + channel]);
          return node.op === "maxPool" ? Math.max(...seen) : sum(seen) / seen.length;
        })
      );
      return { shape: [...size, channels], at: Float64Array.from(at) };
    }
    case "subsample": {
      const outputs = node.channels ?? channels;
      const before = Math.floor((outputs - channels) / 2);
      const at: number[] = [];
      for (let y = 0; y < height; y += stride) {
        for (let column = 0; column < width; column += stride) {
          for (let output = 0; output < outputs; output++) {
            const channel = output - before;
            at.push(channel >= 0 && channel < channels ? x.at[(y * width + column) * channels + channel] : 0);
          }
        }
      }
      return { shape: [Math.ceil(height / stride), Math.ceil(width / stride), outputs], at: Float64Array.from(at) };
    }
    case "dropout":
      return x;
    case "globalAveragePool":
      return { shape: [channels], at: means(x) };
    case "dense": {
      const at = linear(x.at, weight("kernel"), weight("bias"));
      return { shape: [at.length], at };
    }
    default:
      throw new Error(`the text does not tell of ${node.op}`);
  }
}

/** Logits of one image `[height, width, channels]`, from the two files. */
function logitsByText(
  file: Uint8Array,
  { input, nodes }: { input: Architecture["input"]; nodes: Node[] },
  image: Float32Array,
) {
  const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const { __metadata__, ...tensors } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + header)));
  const epsilon = Number(__metadata__.batchNormEpsilon);
  const outputs: Image[] = [];
  const first = { shape: [input.height, input.width, input.channels], at: Float64Array.from(image) };
  for (const [place, node] of nodes.entries()) {
    const weight = (name: string): Tensor => {
      const { data_offsets: [begin, end], shape } = tensors[`${place}.${node.op}.${name}`];
      return { shape, at: new Float32Array(file.slice(8 + header + begin, 8 + header + end).buffer) };
    };
    outputs.push(compute(node, node.inputs.map((one) => one < 0 ? first : outputs[one]), weight, epsilon));
  }
  return Float32Array.from(outputs[outputs.length - 1].at);
}

/** Whether the logits say anything: with few pixels, every activation may be zero. */
async function assertReadable(architecture: Architecture, what: string): Promise<void> {
  const weights = testWeights(architecture);
  const files = exportFormats.safetensors.encode(architecture, weights);
  const { height, width, channels } = architecture.input;
  const { data: image } = values([height, width, channels], 6);
  const model = runDeployed(architecture, weights);
  try {
    const expected = await model.logits(image, 1);
    const described = JSON.parse(String(files["architecture.json"]));
    const actual = logitsByText(files["model.safetensors"] as Uint8Array, described, image);
    const shape = [architecture.classes];
    assertClose({ shape, data: actual }, { shape, data: expected }, { tolerance: 1e-4, what });
    assert(expected.some((value) => Math.abs(value) > 1e-3), `${what}: all logits are nearly zero`);
  } finally {
    await model.dispose();
  }
}

/** A network of the space `name` in which most choices occur. */
function sampled(name: SpaceName, seed: number): Architecture {
  const space = createSpace(name, { height: 15, width: 14, channels: 3, classes: 5 });
  return space.decode(drawTokens(space, new Random(seed)));
}

for (const name of spaceNames) {
  Deno.test(`students of ${name} are run from the safetensors export by its text alone`, async () => {
    await useBackend("cpu");
    for (const seed of [1, 2, 3]) await assertReadable(sampled(name, seed), `${name}, seed ${seed}`);
  });
}

Deno.test("every op is run from the safetensors export by its text alone, at odd sizes and both strides", async () => {
  await useBackend("cpu");
  await assertReadable(everyOpNetwork, "every op");
  for (const { architecture, name } of grownNetworks) await assertReadable(architecture, name);
});

Deno.test("the text tells of the ops of its network, and of no other", () => {
  const text = howToRead(everyOpNetwork);
  for (const { op } of everyOpNetwork.nodes) assertStringIncludes(text, `- \`${op}\`: `);
  assertStringIncludes(text, "sqrt(movingVariance + 0.001)");
  assert(!howToRead(grownNetworks[0].architecture).includes("squeezeExcite"));
  const files = exportFormats.safetensors.encode(everyOpNetwork, testWeights(everyOpNetwork));
  assertStringIncludes(String(files["HOW_TO_READ.md"]), text);
});
