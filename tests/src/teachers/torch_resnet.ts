// A CIFAR ResNet with random weights as PyTorch saves it, and its logits by plain loops with PyTorch's padding.
import { Random } from "../../../src/data/random.ts";
import { encodeTensors, floatTensor, type TestTensor } from "./fixtures.ts";

/** `[channels, side, side]` */
interface Planes {
  channels: number;
  side: number;
  values: Float64Array;
}

const widths = [2, 3, 4];
const classes = 3;

export interface TorchResnet {
  file: Uint8Array;
  /** Of one image `[32, 32, channels]`. */
  logits(image: Float32Array): number[];
}

function conv({ channels, side, values }: Planes, kernel: number[], { filters, size, stride }: {
  filters: number;
  size: number;
  stride: number;
}): Planes {
  const out = side / stride;
  const pad = (size - 1) / 2;
  const result = new Float64Array(filters * out * out);
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < out; y++) {
      for (let x = 0; x < out; x++) {
        let sum = 0;
        for (let c = 0; c < channels; c++) {
          for (let i = 0; i < size; i++) {
            for (let j = 0; j < size; j++) {
              const [row, column] = [y * stride + i - pad, x * stride + j - pad];
              if (row < 0 || row >= side || column < 0 || column >= side) continue;
              sum += kernel[((f * channels + c) * size + i) * size + j] * values[(c * side + row) * side + column];
            }
          }
        }
        result[(f * out + y) * out + x] = sum;
      }
    }
  }
  return { channels: filters, side: out, values: result };
}

/** One block per stage; `shortcut`: what a strided one is called where it has weights. */
export function torchResnet(
  { channels, shortcut, prefix = "", metadata, more }: {
    channels: number;
    shortcut?: string;
    prefix?: string;
    metadata?: Record<string, string>;
    /** Tensors that the network does not have. */
    more?: Record<string, TestTensor>;
  },
): TorchResnet {
  const random = new Random(5);
  const numbers = new Map<string, { shape: number[]; values: number[] }>();
  const add = (name: string, shape: number[], draw: () => number) =>
    numbers.set(name, { shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw) });
  const addConv = (name: string, norm: string, [filters, inputs, size]: number[]) => {
    add(`${name}.weight`, [filters, inputs, size, size], () => 0.5 * random.normal());
    add(`${norm}.weight`, [filters], () => 0.5 + random.next());
    add(`${norm}.bias`, [filters], () => 0.3 * random.normal());
    add(`${norm}.running_mean`, [filters], () => 0.3 * random.normal());
    // Small ones show a wrong epsilon.
    add(`${norm}.running_var`, [filters], () => 0.002 + random.next());
  };
  addConv("conv1", "bn1", [widths[0], channels, 3]);
  for (const [stage, filters] of widths.entries()) {
    const before = widths[Math.max(0, stage - 1)];
    const place = `layer${stage + 1}.0`;
    addConv(`${place}.conv1`, `${place}.bn1`, [filters, before, 3]);
    addConv(`${place}.conv2`, `${place}.bn2`, [filters, filters, 3]);
    if (shortcut && stage > 0) addConv(`${place}.${shortcut}.0`, `${place}.${shortcut}.1`, [filters, before, 1]);
  }
  add("linear.weight", [classes, widths[2]], () => random.normal());
  add("linear.bias", [classes], () => random.normal());

  const tensors: Record<string, TestTensor> = {};
  for (const [name, { shape, values }] of numbers) {
    tensors[prefix + name] = floatTensor(shape, values);
    tensors[`${prefix}bn1.num_batches_tracked`] = { dtype: "I64", shape: [], bytes: new Uint8Array(8) };
  }
  const of = (name: string) => Array.from(Float32Array.from((numbers.get(name) as { values: number[] }).values));
  const normalised = (planes: Planes, name: string): Planes => {
    const [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map((one) =>
      of(`${name}.${one}`)
    );
    const area = planes.side * planes.side;
    const values = planes.values.map((value, at) => {
      const c = Math.floor(at / area);
      return (value - mean[c]) / Math.sqrt(variance[c] + 1e-5) * gamma[c] + beta[c];
    });
    return { ...planes, values };
  };
  const relu = (planes: Planes): Planes => ({ ...planes, values: planes.values.map((value) => Math.max(0, value)) });
  return {
    file: encodeTensors({ ...tensors, ...more }, metadata),
    logits(image) {
      const planes = { channels, side: 32, values: new Float64Array(image.length) };
      for (const [at, value] of image.entries()) {
        planes.values[(at % channels) * 1024 + Math.floor(at / channels)] = value;
      }
      let x = relu(normalised(conv(planes, of("conv1.weight"), { filters: widths[0], size: 3, stride: 1 }), "bn1"));
      for (const [stage, filters] of widths.entries()) {
        const place = `layer${stage + 1}.0`;
        const stride = stage > 0 ? 2 : 1;
        const inner = relu(
          normalised(conv(x, of(`${place}.conv1.weight`), { filters, size: 3, stride }), `${place}.bn1`),
        );
        const branch = normalised(
          conv(inner, of(`${place}.conv2.weight`), { filters, size: 3, stride: 1 }),
          `${place}.bn2`,
        );
        let across = x;
        if (stride === 2 && shortcut) {
          const kernel = of(`${place}.${shortcut}.0.weight`);
          across = normalised(conv(x, kernel, { filters, size: 1, stride }), `${place}.${shortcut}.1`);
        } else if (stride === 2) {
          // One more channel: none before, one after.
          across = { channels: filters, side: branch.side, values: new Float64Array(branch.values.length) };
          for (let at = 0; at < x.channels * branch.side * branch.side; at++) {
            const [c, rest] = [Math.floor(at / branch.side ** 2), at % branch.side ** 2];
            const [row, column] = [Math.floor(rest / branch.side), rest % branch.side];
            across.values[at] = x.values[(c * x.side + 2 * row) * x.side + 2 * column];
          }
        }
        x = relu({ ...branch, values: branch.values.map((value, at) => value + across.values[at]) });
      }
      const area = x.side * x.side;
      const pooled = widths.map((_, c) => c).concat(3).slice(0, x.channels)
        .map((c) => x.values.subarray(c * area, (c + 1) * area).reduce((sum, value) => sum + value, 0) / area);
      const [weight, bias] = [of("linear.weight"), of("linear.bias")];
      return bias.map((value, unit) =>
        pooled.reduce((sum, one, c) => sum + one * weight[unit * x.channels + c], value)
      );
    },
  };
}
