import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import type { ExportFormat } from "../../../src/export/formats/format.ts";
import { tfjs } from "../../../src/export/formats/tfjs.ts";
import { tfjsGraph } from "../../../src/export/formats/tfjs_graph.ts";
import { exportTfjs } from "../../../src/export/tfjs.ts";
import { exportTfjsGraph } from "../../../src/export/tfjs_graph.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
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
async function exportedLogits(
  format: ExportFormat,
  architecture: Architecture,
  backend: "cpu" | "wasm" = "cpu",
): Promise<Float32Array> {
  await useBackend(backend);
  const model = await format.open(format.encode(architecture, testWeights(architecture)));
  try {
    const logits = await model.logits(testImage(architecture, false), 1);
    assertEquals(logits.length, architecture.classes);
    return logits;
  } finally {
    await model.dispose();
  }
}

/** Whether the logits say anything: with few pixels, every activation may be zero. */
async function assertSame(format: ExportFormat, architecture: Architecture, what: string): Promise<boolean> {
  const shape = [architecture.classes];
  const expected = await deployedLogits(architecture, testWeights(architecture));
  const actual = { shape, data: await exportedLogits(format, architecture) };
  assertClose(actual, { shape, data: expected }, { tolerance: 1e-5, what });
  return expected.some((value) => Math.abs(value) > 1e-3);
}

async function assertAllSame(
  format: ExportFormat,
  examples: readonly { architecture: Architecture; name: string }[],
): Promise<void> {
  let telling = 0;
  for (const { architecture, name } of examples) telling += Number(await assertSame(format, architecture, name));
  assert(telling > 0.8 * examples.length, `only ${telling} of ${examples.length} networks give more than zeros`);
}

/** Random networks of the space mnas. */
function mnasNetworks(channels: number): { architecture: Architecture; name: string }[] {
  const space = createMnasSpace({ height: 28, width: 27, channels, classes: 10 });
  const random = new Random(5);
  return Array.from({ length: 3 }, () => {
    const tokens = space.decisions.map(({ choices }) => Math.floor(random.next() * choices.length));
    return { architecture: space.decode(tokens), name: tokens.join(" ") };
  });
}

/** Nodes added to themselves, once through a dropout, with later readers and without. */
const doubled: Architecture = {
  version: 1,
  input: { height: 5, width: 6, channels: 2 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
    { op: "add", inputs: [0, 0] },
    { op: "add", inputs: [1, 0] },
    { op: "dropout", inputs: [2], rate: 0.5 },
    { op: "add", inputs: [2, 3], activation: "relu6" },
    { op: "add", inputs: [4, 2] },
    { op: "globalAveragePool", inputs: [5] },
    { op: "dense", inputs: [6], units: 3 },
  ],
};

const forms = { "as layers": tfjs, "as a graph": tfjsGraph };

for (const [form, format] of Object.entries(forms)) {
  Deno.test(`every op gives ${form} what it gives deployed, at odd sizes and both strides`, () => {
    return assertAllSame(format, [...opExamples, ...readingExamples]);
  });

  Deno.test(`graphs of every shape give ${form} what they give deployed`, () => assertAllSame(format, graphExamples));

  Deno.test(`grown networks, with pools and shortcuts of both kinds, give ${form} what they give deployed`, () =>
    assertAllSame(format, grownNetworks));

  Deno.test(`a node added to itself gives ${form} what it gives deployed`, () =>
    assertAllSame(format, [{ architecture: doubled, name: "doubled" }]));

  Deno.test(`random networks of the space mnas give ${form} what they give deployed, on grey and colour`, async () => {
    for (const channels of [1, 3]) await assertAllSame(format, mnasNetworks(channels));
  });

  Deno.test(`WebAssembly gives ${form} the same as plain JavaScript`, async () => {
    for (const architecture of [everyOpNetwork, resnet20(), ...grownNetworks.map(({ architecture }) => architecture)]) {
      const expected = { shape: [architecture.classes], data: await exportedLogits(format, architecture) };
      const data = await exportedLogits(format, architecture, "wasm");
      assertClose({ shape: [architecture.classes], data }, expected, { tolerance: 1e-4 });
    }
  });

  Deno.test(`a network that ends in dropout has its logits ${form}`, async () => {
    const [{ architecture }] = opExamples;
    const { nodes } = architecture;
    const dropped: Architecture = {
      ...architecture,
      nodes: [...nodes, { op: "dropout", inputs: [nodes.length - 1], rate: 0.5 }],
    };
    assertEquals(await exportedLogits(format, dropped), await exportedLogits(format, architecture));
  });

  Deno.test(`nothing of a model ${form} stays behind`, async () => {
    await exportedLogits(format, everyOpNetwork);
    const { numTensors } = tf.memory();
    await exportedLogits(format, everyOpNetwork);
    assertEquals(tf.memory().numTensors, numTensors);
  });
}

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

Deno.test("a graph runs the kernels that the deployed form runs, which is what devices measure", async () => {
  await useBackend("cpu");
  const networks = [...mnasNetworks(3), ...grownNetworks, { architecture: everyOpNetwork }, {
    architecture: resnet20(),
  }];
  for (const { architecture } of networks) {
    const weights = testWeights(architecture);
    const { height, width, channels } = architecture.input;
    const image = tf.tensor4d(testImage(architecture, false), [1, height, width, channels]);
    const { modelJson, weights: bytes } = exportTfjsGraph(architecture, weights);
    const artifacts = await tf.io.getModelArtifactsForJSON(
      modelJson as unknown as tf.io.ModelJSON,
      (manifest) => Promise.resolve([manifest.flatMap((group) => group.weights), bytes.buffer]),
    );
    const graph = await tf.loadGraphModel({ load: () => Promise.resolve(artifacts) });
    const deployed = buildDeployedModel(architecture, weights);
    const kernels = async (predict: () => tf.Tensor) =>
      // A clone computes nothing; of branches either may come first.
      (await tf.profile(predict)).kernels.map(({ name }) => name).filter((name) => name !== "Identity").sort();
    const expected = await kernels(() => deployed.predict(image));
    assert(expected.includes("FusedConv2D") && expected.length >= architecture.nodes.length / 2);
    assertEquals(await kernels(() => graph.predict(image) as tf.Tensor), expected);
    deployed.dispose();
    graph.dispose();
    image.dispose();
  }
});

Deno.test("equal networks give equal files, other weights other ones", () => {
  const architecture = resnet20();
  for (const write of [exportTfjs, exportTfjsGraph]) {
    const files = write(architecture, testWeights(architecture));
    assertEquals(write(architecture, testWeights(architecture)), files);
    const others = write(architecture, testWeights(architecture, 2));
    assertEquals(others.modelJson, files.modelJson);
    assert(others.weights.some((byte, index) => byte !== files.weights[index]));
  }
});

Deno.test("weights of another network are refused", () => {
  const weights = testWeights(resnet20());
  for (const write of [exportTfjs, exportTfjsGraph]) {
    assertThrows(
      () => write(opExamples[0].architecture, weights),
      RangeError,
      "and 10 statistics, got 269722 and 1376",
    );
  }
});
