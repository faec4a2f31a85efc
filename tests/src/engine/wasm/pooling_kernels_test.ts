import { checkOneInput, type Shape } from "./kernel_checks.ts";
import { kernelMemory } from "./kernel_memory.ts";

interface Pool {
  batch: number;
  input: Shape;
  kernel: number;
  stride: number;
}

function geometry(length: number, kernel: number, stride: number) {
  const out = Math.ceil(length / stride);
  return { out, before: Math.max(0, (out - 1) * stride + kernel - length) >> 1 };
}

/** Calls `visit` with each output and the places of its window inside the image, by rows. */
function forEachWindow(
  { batch, input, kernel, stride }: Pool,
  visit: (output: number, window: number[]) => void,
): void {
  const [height, width, channels] = input;
  const rows = geometry(height, kernel, stride), columns = geometry(width, kernel, stride);
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < rows.out; y++) {
      for (let x = 0; x < columns.out; x++) {
        for (let channel = 0; channel < channels; channel++) {
          const window: number[] = [];
          for (let tap = 0; tap < kernel * kernel; tap++) {
            const row = y * stride + Math.floor(tap / kernel) - rows.before;
            const column = x * stride + tap % kernel - columns.before;
            const isInside = row >= 0 && row < height && column >= 0 && column < width;
            if (isInside) window.push(((n * height + row) * width + column) * channels + channel);
          }
          visit(output++, window);
        }
      }
    }
  }
}

function stepOf(pool: Pool) {
  const { batch, input: [height, width, channels], kernel, stride } = pool;
  const rows = geometry(height, kernel, stride), columns = geometry(width, kernel, stride);
  const output: Shape = [rows.out, columns.out, channels];
  const fields = { kernel, step: stride, padTop: rows.before, padLeft: columns.before };
  return { batch, input: pool.input, output, fields, outputs: batch * rows.out * columns.out * channels };
}

const shapes: Shape[] = [[1, 1, 3], [5, 7, 5], [8, 6, 4], [3, 9, 1]];
const pools: Pool[] = shapes.flatMap((input) =>
  [1, 2, 3, 5].flatMap((kernel) => [1, 2].map((stride) => ({ batch: 2, input, kernel, stride })))
);

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} average pooling divides by the pixels inside the image`, async () => {
    for (const pool of pools) {
      const { outputs, ...step } = stepOf(pool);
      checkOneInput(await kernelMemory(variant, 32), {
        ...{ op: "averagePool", ...step },
        forward(x) {
          const y = new Float64Array(outputs);
          forEachWindow(pool, (to, window) => {
            for (const from of window) y[to] += x[from] / window.length;
          });
          return y;
        },
        backward(x, gradient) {
          const inputGradient = new Float64Array(x.length);
          forEachWindow(pool, (from, window) => {
            for (const to of window) inputGradient[to] += gradient[from] / window.length;
          });
          return inputGradient;
        },
      });
    }
  });

  Deno.test(`${variant} max pooling gives the gradient to the first maximum`, async () => {
    for (const pool of pools) {
      const { outputs, ...step } = stepOf(pool);
      checkOneInput(await kernelMemory(variant, 32), {
        ...{ op: "maxPool", ...step },
        forward(x) {
          const y = new Float64Array(outputs);
          forEachWindow(pool, (to, window) => y[to] = Math.max(...window.map((from) => x[from])));
          return y;
        },
        backward(x, gradient) {
          const inputGradient = new Float64Array(x.length);
          // Clamped values are equal, so that ties are common here.
          forEachWindow(pool, (from, window) => {
            const most = Math.max(...window.map((place) => x[place]));
            inputGradient[window.find((place) => x[place] === most)!] += gradient[from];
          });
          return inputGradient;
        },
      });
    }
  });

  Deno.test(`${variant} global average pooling`, async () => {
    for (const input of [[1, 1, 3], [5, 7, 5], [4, 4, 8]] as Shape[]) {
      const [height, width, channels] = input, pixels = height * width, batch = 4;
      checkOneInput(await kernelMemory(variant, 32), {
        ...{ op: "globalAveragePool", batch, input, output: [1, 1, channels] },
        forward(x) {
          const y = new Float64Array(batch * channels);
          for (const [i, value] of x.entries()) {
            y[Math.floor(i / (pixels * channels)) * channels + i % channels] += value / pixels;
          }
          return y;
        },
        backward: (x, gradient) =>
          x.map((_, i) => gradient[Math.floor(i / (pixels * channels)) * channels + i % channels] / pixels),
      });
    }
  });
}
