// What is particular to the wasm engine: threads, the same bits again, memory. Its results are the contract suite's.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Random } from "../../../../src/data/random.ts";
import { type Network, NetworkTooLargeError } from "../../../../src/engine/network.ts";
import { startWasmEngine } from "../../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../../src/models/weights.ts";
import { everyOpNetwork } from "../every_op_network.ts";

const batchSize = 6;

function batchOf(seed: number): { images: Float32Array; labels: Int32Array } {
  const random = new Random(seed);
  const { height, width, channels } = everyOpNetwork.input;
  return {
    images: Float32Array.from({ length: batchSize * height * width * channels }, () => random.normal()),
    labels: Int32Array.from({ length: batchSize }, () => random.integer(everyOpNetwork.classes)),
  };
}

function step(network: Network, seed: number): void {
  const { images, labels } = batchOf(seed);
  network.forward(images);
  network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
  network.backward();
  network.update(1e-3);
}

async function trained(threads: number, steps: number): Promise<Float32Array> {
  const engine = await startWasmEngine({ threads });
  const weights = initialiseWeights(everyOpNetwork, 1);
  const network = await engine.compile(everyOpNetwork, { batchSize, mode: "training", weights });
  for (let index = 0; index < steps; index++) step(network, index);
  const { parameters } = await network.readWeights();
  engine.dispose();
  return parameters;
}

for (const threads of [1, 2, 3]) {
  Deno.test(`two trainings on ${threads} threads give the same bits`, async () => {
    assertEquals(await trained(threads, 5), await trained(threads, 5));
  });
}

Deno.test("memory stays flat over many steps, and over many networks one after another", async () => {
  const engine = await startWasmEngine();
  const weights = initialiseWeights(everyOpNetwork, 1);
  const compile = () => engine.compile(everyOpNetwork, { batchSize, mode: "training", weights });
  const network = await compile();
  for (let index = 0; index < 100; index++) step(network, index);
  const before = Deno.memoryUsage().rss;
  for (let index = 0; index < 10_000; index++) step(network, index % 7);
  network.dispose();
  for (let index = 0; index < 50; index++) {
    const next = await compile();
    step(next, index);
    next.dispose();
  }
  const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert(grown < 60, `the process grew by ${grown.toFixed(0)} MiB`);
  engine.dispose();
});

Deno.test("a disposed network and a wrong number of threads are refused", async () => {
  await assertRejects(() => startWasmEngine({ threads: 0 }), RangeError, "threads");
  const engine = await startWasmEngine();
  const network = await engine.compile(everyOpNetwork, {
    batchSize,
    mode: "training",
    weights: initialiseWeights(everyOpNetwork, 1),
  });
  network.dispose();
  network.dispose();
  const { images, labels } = batchOf(1);
  const uses: Record<string, () => unknown> = {
    forward: () => network.forward(images),
    loss: () => network.softTargetLoss({ labels, temperature: 1, alpha: 1 }),
    backward: () => network.backward(),
    update: () => network.update(1e-3),
    write: () => network.writeWeights(initialiseWeights(everyOpNetwork, 2)),
    read: () => network.readWeights(),
    output: () => network.output("logits"),
  };
  for (const use of Object.values(uses)) assertThrows(use, Error, "the network is disposed of");
  engine.dispose();
});

Deno.test("a network larger than WebAssembly's memory is refused as such, and the engine goes on", async () => {
  const engine = await startWasmEngine();
  const architecture = { ...everyOpNetwork, input: { height: 1024, width: 1024, channels: 3 } };
  const weights = initialiseWeights(architecture, 1);
  const compile = (batchSize: number) => engine.compile(architecture, { batchSize, mode: "training", weights });
  await assertRejects(() => compile(1000), NetworkTooLargeError, "MiB");
  (await compile(1)).dispose();
  engine.dispose();
});
