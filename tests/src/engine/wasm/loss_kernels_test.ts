import { assert, assertEquals } from "@std/assert";
import { type KernelMemory, kernelMemory } from "./kernel_memory.ts";
import { assertNear, randomFloats } from "./kernel_reference.ts";

interface Targets {
  labels: number[];
  teacher?: Float32Array;
  temperature: number;
  alpha: number;
}

function softmax(row: ArrayLike<number>, temperature: number): number[] {
  const most = Math.max(...Array.from(row));
  const terms = Array.from(row, (value) => Math.exp((value - most) / temperature));
  const sum = terms.reduce((total, term) => total + term, 0);
  return terms.map((term) => term / sum);
}

function reference(logits: Float32Array, classes: number, { labels, teacher, temperature, alpha }: Targets) {
  const batch = labels.length;
  let loss = 0;
  const gradient = new Float64Array(logits.length);
  for (let n = 0; n < batch; n++) {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    const hard = teacher ? alpha : 1;
    const p = softmax(row, 1);
    loss -= hard * Math.log(p[labels[n]]) / batch;
    for (let k = 0; k < classes; k++) gradient[n * classes + k] = hard * (p[k] - Number(k === labels[n])) / batch;
    if (!teacher) continue;
    const target = softmax(teacher.subarray(n * classes, (n + 1) * classes), temperature);
    const soft = softmax(row, temperature);
    for (let k = 0; k < classes; k++) {
      loss += (1 - alpha) * temperature ** 2 * target[k] * Math.log(target[k] / soft[k]) / batch;
      gradient[n * classes + k] += (1 - alpha) * temperature * (soft[k] - target[k]) / batch;
    }
  }
  return { loss, gradient };
}

function run(memory: KernelMemory, logits: Float32Array, classes: number, targets: Targets) {
  const batch = targets.labels.length, stride = (classes + 3) & ~3;
  const address = memory.placeRows(logits, classes, stride);
  const labels = memory.allocate(batch);
  new Int32Array(memory.memory.buffer, labels, batch).set(targets.labels);
  const teacher = targets.teacher ? memory.place(targets.teacher) : 0;
  const gradient = memory.place(new Float32Array(batch * stride).fill(NaN)), loss = memory.allocate(1);
  const { temperature, alpha } = targets;
  memory.kernels.softTargetLoss(
    ...[batch, classes, stride, address, labels, teacher, temperature, alpha, gradient, loss],
  );
  return { loss: memory.floats(loss, 1)[0], gradient: memory.readRows(gradient, batch, classes, stride) };
}

for (const variant of ["relaxed", "simd"] as const) {
  Deno.test(`${variant} soft target loss and its gradient`, async () => {
    const memory = await kernelMemory(variant, 64);
    for (const [batch, classes] of [[1, 1], [3, 2], [5, 10], [2, 7], [4, 1000]]) {
      // Gradients are small beside 1: compared after division by their largest.
      const logits = randomFloats(batch * classes, 1, 20), teacher = randomFloats(batch * classes, 2, 20);
      const labels = Array.from({ length: batch }, (_, n) => (n * 7) % classes);
      for (
        const targets of [
          { labels, temperature: 1, alpha: 1 },
          { labels, temperature: 4, alpha: 0.1, teacher },
          { labels, temperature: 1, alpha: 0, teacher },
          { labels, temperature: 3, alpha: 1, teacher },
        ]
      ) {
        const what = `${batch}x${classes} T ${targets.temperature} alpha ${targets.alpha}`;
        const actual = run(memory, logits, classes, targets), expected = reference(logits, classes, targets);
        assertNear([actual.loss], [expected.loss], `loss ${what}`);
        assertNear(actual.gradient.map((g) => g * batch), expected.gradient.map((g) => g * batch), `gradient ${what}`);
      }
    }
  });
}

Deno.test("soft target loss: large logits do not overflow, NaN gives NaN", async () => {
  const memory = await kernelMemory();
  const targets = { labels: [1], temperature: 4, alpha: 0.5 };
  const teacher = Float32Array.of(1, 2, 3);
  const far = run(memory, Float32Array.of(1000, -1000, 0), 3, targets);
  assertEquals(far.loss, 2000);
  assertNear(far.gradient, [1, -1, 0], "gradient");
  for (let place = 0; place < 3; place++) {
    const logits = Float32Array.of(1, 2, 3);
    logits[place] = NaN;
    assert(Number.isNaN(run(memory, logits, 3, targets).loss), `NaN at ${place}`);
    assert(Number.isNaN(run(memory, logits, 3, { ...targets, teacher }).loss), `NaN at ${place}, with teacher`);
    assert(Number.isNaN(run(memory, teacher, 3, { ...targets, teacher: logits }).loss), `NaN teacher at ${place}`);
  }
});
