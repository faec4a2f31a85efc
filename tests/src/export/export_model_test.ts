import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { ExportMismatchError, exportModel } from "../../../src/export/export_model.ts";
import type { ExportedFiles, ExportFormat } from "../../../src/export/formats/format.ts";
import { exportFormats } from "../../../src/export/formats/table.ts";
import { exportFormatSchema } from "../../../src/schemas/export_options.ts";
import { withFolder } from "../data/sample_files.ts";
import { everyOpNetwork } from "../engine/every_op_network.ts";
import { useBackend } from "../ops/run_op.ts";
import { values } from "../ops/values.ts";
import { grownNetworks } from "./grown_networks.ts";
import { testWeights } from "./onnx/deployed_logits.ts";
import { resnet20 } from "./onnx/resnet20.ts";

/** The formats, of which tfjs is changed by `change`. */
function changedTfjs(change: (format: ExportFormat) => Partial<ExportFormat>) {
  return { ...exportFormats, tfjs: { ...exportFormats.tfjs, ...change(exportFormats.tfjs) } };
}

Deno.test("every format gives the network's logits, grey and in colour", async () => {
  await useBackend("wasm");
  const networks = [everyOpNetwork, resnet20(), ...grownNetworks.map(({ architecture }) => architecture)];
  await withFolder(async (folder) => {
    for (const [index, architecture] of networks.entries()) {
      for (const format of exportFormatSchema.options) {
        const directory = `${folder}/${index}/${format}`;
        const result = await exportModel(architecture, testWeights(architecture), { format, directory });
        assertEquals(result.images, 8);
        assert(result.relativeDifference < 1e-5, `${format} of ${index}: ${result.relativeDifference}`);
        assert(result.files.length > 0);
        for (const file of result.files) assert((await Deno.stat(file)).size > 0);
      }
    }
  });
});

Deno.test("given images are compared too, and whole images only", async () => {
  await useBackend("cpu");
  const { height, width, channels } = everyOpNetwork.input;
  const images = values([3 * height * width * channels], 1).data;
  await withFolder(async (directory) => {
    const options = { format: "onnx", directory, images } as const;
    assertEquals((await exportModel(everyOpNetwork, testWeights(everyOpNetwork), options)).images, 11);
    await assertRejects(
      () => exportModel(everyOpNetwork, testWeights(everyOpNetwork), { ...options, images: images.subarray(1) }),
      RangeError,
      "images are [count, 9, 7, 3], got 566 values",
    );
  });
});

Deno.test("an export that says something else is refused, and not written", async () => {
  await useBackend("cpu");
  const other = testWeights(everyOpNetwork, 2);
  const cases: [ExportFormat["encode"] | undefined, ExportFormat["open"] | undefined, RegExp][] = [
    [(architecture) => exportFormats.tfjs.encode(architecture, other), undefined, /^tfjs: its logits differ.*allowed/],
    [(): ExportedFiles => ({ "model.json": "{}" }), undefined, /^tfjs: cannot be run by TensorFlow.js/],
    [
      undefined,
      () => Promise.resolve({ logits: () => Promise.resolve(new Float32Array(3)), dispose: () => {} }),
      /it gives 3 logits, not 32$/,
    ],
    [
      undefined,
      () => Promise.resolve({ logits: () => Promise.resolve(new Float32Array(32).fill(NaN)), dispose: () => {} }),
      /its logits are not finite$/,
    ],
  ];
  await withFolder(async (directory) => {
    for (const [encode, open, message] of cases) {
      const formats = changedTfjs((format) => ({ encode: encode ?? format.encode, open: open ?? format.open }));
      const call = () =>
        exportModel(everyOpNetwork, testWeights(everyOpNetwork), { format: "tfjs", directory }, formats);
      const error = await assertRejects(call, ExportMismatchError);
      assertMatch(error.message, message);
      assertEquals(error.format, "tfjs");
    }
    assertEquals(await Array.fromAsync(Deno.readDir(directory)), []);
  });
});

Deno.test("the tolerance is a share of the largest logit", async () => {
  await useBackend("cpu");
  // Each weight of the last layer a little larger: logits grow by a thousandth or so.
  const nudged = testWeights(everyOpNetwork);
  nudged.parameters.subarray(-4 * 9 - 4).forEach((value, index, all) => all[index] = value * 1.002);
  const formats = changedTfjs(({ encode }) => ({ encode: (architecture) => encode(architecture, nudged) }));
  await withFolder(async (directory) => {
    const call = (tolerance?: number) =>
      exportModel(everyOpNetwork, testWeights(everyOpNetwork), { format: "tfjs", directory, tolerance }, formats);
    await assertRejects(() => call(), ExportMismatchError, "allowed are 0.001");
    const { relativeDifference } = await call(0.01);
    assert(relativeDifference > 1e-3 && relativeDifference < 3e-3, `${relativeDifference}`);
  });
});

Deno.test("a network that is not finite itself is not exported", async () => {
  await useBackend("cpu");
  const weights = testWeights(everyOpNetwork);
  weights.parameters.fill(NaN);
  await withFolder(async (directory) => {
    const call = () => exportModel(everyOpNetwork, weights, { format: "onnx", directory });
    await assertRejects(call, Error, "the network's own logits are not finite");
  });
});

Deno.test("nothing stays in memory, whether it went well or not", async () => {
  await useBackend("cpu");
  await withFolder(async (directory) => {
    const call = (formats?: typeof exportFormats) =>
      exportModel(everyOpNetwork, testWeights(everyOpNetwork), { format: "tfjs", directory }, formats);
    await call();
    const { numTensors } = tf.memory();
    await call();
    const other = testWeights(everyOpNetwork, 2);
    await assertRejects(() => call(changedTfjs(({ encode }) => ({ encode: (one) => encode(one, other) }))));
    assertEquals(tf.memory().numTensors, numTensors);
  });
});
