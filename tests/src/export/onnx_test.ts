import { assert, assertEquals, assertThrows } from "@std/assert";
import * as onnxruntime from "onnxruntime-node";
import * as onnxruntimeWeb from "onnxruntime-web/wasm";
import { Random } from "../../../src/data/random.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createMnasSpace } from "../../../src/spaces/mnas.ts";
import { graphExamples } from "../../contracts/network/graph_examples.ts";
import { opExamples, readingExamples } from "../../contracts/network/op_examples.ts";
import { everyOpNetwork } from "../engine/every_op_network.ts";
import { assertClose, values } from "../ops/values.ts";
import { grownNetworks } from "./grown_networks.ts";
import { deployedLogits, testImage, testWeights } from "./onnx/deployed_logits.ts";
import { resnet20 } from "./onnx/resnet20.ts";

/** Logits by onnxruntime of what was exported. */
async function onnxLogits(
  architecture: Architecture,
  { InferenceSession, Tensor }: typeof onnxruntime | typeof onnxruntimeWeb = onnxruntime,
): Promise<Float32Array> {
  const file = exportOnnx(architecture, testWeights(architecture));
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  try {
    const { height, width, channels } = architecture.input;
    assertEquals([session.inputNames, session.outputNames], [["image"], ["logits"]]);
    const image = new Tensor("float32", testImage(architecture, true), [1, channels, height, width]);
    const { logits } = await session.run({ image });
    assertEquals(logits.dims, [1, architecture.classes]);
    return Float32Array.from(logits.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Whether the logits say anything: with few pixels, every activation may be zero. */
async function assertSame(architecture: Architecture, what: string): Promise<boolean> {
  const shape = [architecture.classes];
  const expected = await deployedLogits(architecture, testWeights(architecture));
  const actual = { shape, data: await onnxLogits(architecture) };
  assertClose(actual, { shape, data: expected }, { tolerance: 1e-4, what });
  return expected.some((value) => Math.abs(value) > 1e-3);
}

async function assertAllSame(examples: readonly { architecture: Architecture; name: string }[]): Promise<void> {
  let telling = 0;
  for (const { architecture, name } of examples) telling += Number(await assertSame(architecture, name));
  assert(telling > 0.8 * examples.length, `only ${telling} of ${examples.length} networks give more than zeros`);
}

Deno.test("every op gives in onnxruntime what it gives deployed, at odd sizes and both strides", () => {
  return assertAllSame([...opExamples, ...readingExamples]);
});

Deno.test("graphs of every shape give in onnxruntime what they give deployed", () => assertAllSame(graphExamples));

Deno.test("random networks of the space mnas give in onnxruntime what they give deployed", () => {
  const space = createMnasSpace({ height: 28, width: 27, channels: 3, classes: 10 });
  const random = new Random(5);
  return assertAllSame(Array.from({ length: 12 }, () => {
    const tokens = space.decisions.map(({ choices }) => Math.floor(random.next() * choices.length));
    return { architecture: space.decode(tokens), name: tokens.join(" ") };
  }));
});

Deno.test("ResNet-20 gives in onnxruntime what it gives deployed", () =>
  assertAllSame([{ architecture: resnet20(), name: "ResNet-20" }]));

Deno.test("what browsers have of onnxruntime gives the same", async () => {
  onnxruntimeWeb.env.wasm.numThreads = 1;
  for (const architecture of [everyOpNetwork, resnet20()]) {
    const expected = { shape: [architecture.classes], data: await onnxLogits(architecture) };
    const data = await onnxLogits(architecture, onnxruntimeWeb);
    assertClose({ shape: [architecture.classes], data }, expected, { tolerance: 1e-4 });
  }
});

Deno.test("an ONNX file of any batch gives each image what it gives it alone, whatever the network", async () => {
  onnxruntimeWeb.env.wasm.numThreads = 1;
  const networks = [everyOpNetwork, resnet20(), ...[...grownNetworks, ...graphExamples].map((one) => one.architecture)];
  const cases: [typeof onnxruntime | typeof onnxruntimeWeb, Architecture][] = [
    ...networks.map((architecture): [typeof onnxruntime, Architecture] => [onnxruntime, architecture]),
    [onnxruntimeWeb, everyOpNetwork],
  ];
  for (const [{ InferenceSession, Tensor }, architecture] of cases) {
    const { height, width, channels } = architecture.input;
    const file = exportOnnx(architecture, testWeights(architecture), { anyBatch: true });
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
    try {
      const size = channels * height * width;
      const { data: images } = values([3 * size], 4);
      const run = async (first: number, count: number) => {
        const shape = [count, channels, height, width];
        const image = new Tensor("float32", images.slice(first * size, (first + count) * size), shape);
        const { logits } = await session.run({ image });
        assertEquals(logits.dims, [count, architecture.classes]);
        return Float32Array.from(logits.data as Float32Array);
      };
      const alone = [await run(0, 1), await run(1, 1), await run(2, 1)].flatMap((logits) => [...logits]);
      const shape = [3, architecture.classes];
      assertClose({ shape, data: await run(0, 3) }, { shape, data: Float32Array.from(alone) }, { tolerance: 1e-5 });
    } finally {
      await session.release();
    }
  }
});

Deno.test("a network that ends in dropout has its logits", async () => {
  const [{ architecture }] = opExamples;
  const { nodes } = architecture;
  const dropped: Architecture = {
    ...architecture,
    nodes: [...nodes, { op: "dropout", inputs: [nodes.length - 1], rate: 0.5 }],
  };
  assertEquals(await onnxLogits(dropped), await onnxLogits(architecture));
});

Deno.test("equal networks give equal bytes, other weights others", () => {
  const architecture = resnet20();
  const file = exportOnnx(architecture, testWeights(architecture));
  assertEquals(exportOnnx(architecture, testWeights(architecture)), file);
  assert(exportOnnx(architecture, testWeights(architecture, 2)).some((byte, index) => byte !== file[index]));
});

Deno.test("weights of another network are refused", () => {
  const weights = testWeights(resnet20());
  assertThrows(
    () => exportOnnx(opExamples[0].architecture, weights),
    RangeError,
    "and 10 statistics, got 269722 and 1376",
  );
});
