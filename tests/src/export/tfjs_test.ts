import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { exportTfjs } from "../../../src/export/tfjs.ts";
import { tfjs } from "../../../src/export/formats/tfjs.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createMnasSpace } from "../../../src/spaces/mnas.ts";
import { graphExamples } from "../../contracts/network/graph_examples.ts";
import { opExamples, readingExamples } from "../../contracts/network/op_examples.ts";
import { everyOpNetwork } from "../engine/every_op_network.ts";
import { useBackend } from "../ops/run_op.ts";
import { assertClose } from "../ops/values.ts";
import { grownNetworks } from "./grown_networks.ts";
import { deployedLogits, testImage, testWeights } from "./onnx/deployed_logits.ts";
import { resnet20 } from "./onnx/resnet20.ts";

/** Logits of what was exported, by tfjs's own reader of models. */
async function layersLogits(architecture: Architecture, backend: "cpu" | "wasm" = "cpu"): Promise<Float32Array> {
  await useBackend(backend);
  const model = await tfjs.open(tfjs.encode(architecture, testWeights(architecture)));
  try {
    const logits = await model.logits(testImage(architecture, false), 1);
    assertEquals(logits.length, architecture.classes);
    return logits;
  } finally {
    await model.dispose();
  }
}

/** Whether the logits say anything: with few pixels, every activation may be zero. */
async function assertSame(architecture: Architecture, what: string): Promise<boolean> {
  const shape = [architecture.classes];
  const expected = await deployedLogits(architecture, testWeights(architecture));
  const actual = { shape, data: await layersLogits(architecture) };
  assertClose(actual, { shape, data: expected }, { tolerance: 1e-5, what });
  return expected.some((value) => Math.abs(value) > 1e-3);
}

async function assertAllSame(examples: readonly { architecture: Architecture; name: string }[]): Promise<void> {
  let telling = 0;
  for (const { architecture, name } of examples) telling += Number(await assertSame(architecture, name));
  assert(telling > 0.8 * examples.length, `only ${telling} of ${examples.length} networks give more than zeros`);
}

Deno.test("every op gives as layers what it gives deployed, at odd sizes and both strides", () => {
  return assertAllSame([...opExamples, ...readingExamples]);
});

Deno.test("graphs of every shape give as layers what they give deployed", () => assertAllSame(graphExamples));

Deno.test("grown networks, with pools and shortcuts of both kinds, give as layers what they give deployed", () =>
  assertAllSame(grownNetworks));

Deno.test("random networks of the space mnas give as layers what they give deployed, on grey and colour", async () => {
  for (const channels of [1, 3]) {
    const space = createMnasSpace({ height: 28, width: 27, channels, classes: 10 });
    const random = new Random(5);
    await assertAllSame(Array.from({ length: 3 }, () => {
      const tokens = space.decisions.map(({ choices }) => Math.floor(random.next() * choices.length));
      return { architecture: space.decode(tokens), name: tokens.join(" ") };
    }));
  }
});

Deno.test("WebAssembly gives the same as plain JavaScript", async () => {
  for (const architecture of [everyOpNetwork, resnet20(), ...grownNetworks.map(({ architecture }) => architecture)]) {
    const expected = { shape: [architecture.classes], data: await layersLogits(architecture) };
    const data = await layersLogits(architecture, "wasm");
    assertClose({ shape: [architecture.classes], data }, expected, { tolerance: 1e-4 });
  }
});

Deno.test("a network that ends in dropout has its logits", async () => {
  const [{ architecture }] = opExamples;
  const { nodes } = architecture;
  const dropped: Architecture = {
    ...architecture,
    nodes: [...nodes, { op: "dropout", inputs: [nodes.length - 1], rate: 0.5 }],
  };
  assertEquals(await layersLogits(dropped), await layersLogits(architecture));
});

Deno.test("batch norm is folded: only kernels and biases are written", () => {
  const architecture = everyOpNetwork;
  const { modelJson: { weightsManifest: [{ weights: specs }] }, weights } = exportTfjs(
    architecture,
    testWeights(architecture),
  );
  assert(specs.every(({ name }) => /\/(kernel|depthwise_kernel|bias)$/.test(name)));
  const values = specs.reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0);
  assertEquals(weights.length, 4 * values);
});

Deno.test("equal networks give equal files, other weights other ones", () => {
  const architecture = resnet20();
  const files = exportTfjs(architecture, testWeights(architecture));
  assertEquals(exportTfjs(architecture, testWeights(architecture)), files);
  const others = exportTfjs(architecture, testWeights(architecture, 2));
  assertEquals(others.modelJson, files.modelJson);
  assert(others.weights.some((byte, index) => byte !== files.weights[index]));
});

Deno.test("nothing of a model stays behind", async () => {
  await layersLogits(everyOpNetwork);
  const { numTensors } = tf.memory();
  await layersLogits(everyOpNetwork);
  assertEquals(tf.memory().numTensors, numTensors);
});

Deno.test("weights of another network are refused", () => {
  const weights = testWeights(resnet20());
  assertThrows(
    () => exportTfjs(opExamples[0].architecture, weights),
    RangeError,
    "and 10 statistics, got 269722 and 1376",
  );
});
