import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import type { TrainingData } from "../../../src/data/training_data.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { externalOnnx, inFolder, meanOnnx, noiseData, requestOf, tinyArchitecture, withOutputs } from "./fixtures.ts";

const engine = await startWasmEngine();
const colour = noiseData({ channels: 3 });
const positions = [2, 0, 7];

function imagesOf(data: TrainingData): Float32Array {
  const indices = Uint32Array.from(positions, (position) => data.train[position]);
  return new BatchReader(data, positions.length).read(data.dataset.train, indices).images;
}

async function inFile(bytes: Uint8Array, fn: (path: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/model.onnx`, bytes);
    await fn(`${folder}/model.onnx`);
  });
}

Deno.test("a network exported with a batch of 1 answers as the network does; extra outputs are features", async () => {
  const data = noiseData();
  const architecture = tinyArchitecture();
  const weights = initialiseWeights(architecture, 3, { randomStatistics: true });
  const names = ["0.conv.Relu", "1.conv.Relu"];
  const network = networkTeacher({ name: "n", architecture, weights, engine, batchSize: 4 });
  const request = requestOf(data, { images: imagesOf(data), positions, features: ["stage1", "stage2"] });
  const expected = await network.outputs(request);
  await inFile(withOutputs(exportOnnx(architecture, weights), names), async (path) => {
    const teacher = await openTeacher(path, { engine, data, batchSize: 4 });
    assertEquals(teacher.gives, ["logits", "stages"]);
    assertEquals(teacher.taps.stages.map(({ name, shape }) => [name, ...shape]), [["stage1", 4, 4, 4], [
      "stage2",
      2,
      2,
      6,
    ]]);
    const found = await teacher.outputs(request);
    const close = (a: Float32Array, b: Float32Array) => {
      assertEquals(a.length, b.length);
      for (const [at, value] of b.entries()) assertAlmostEquals(a[at], value, 1e-4);
    };
    close(found.logits, expected.logits);
    for (const tap of ["stage1", "stage2"]) close(found.features[tap], expected.features[tap]);
    await assertRejects(
      () => teacher.outputs({ ...request, features: ["stage3"] }),
      RangeError,
      "has no feature stage3; it has stage1, stage2",
    );
    await assertRejects(
      () => teacher.outputs({ ...request, imageGradient: true }),
      RangeError,
      "gives no image gradients",
    );
    teacher.dispose();
  });
  network.dispose();
});

Deno.test("either layout and any batch: means over pixels are those of each channel", async () => {
  const images = imagesOf(colour);
  const means = positions.flatMap((_, image) =>
    [0, 1, 2].map((c) => {
      let sum = 0;
      for (let pixel = 0; pixel < 64; pixel++) sum += images[image * 192 + 3 * pixel + c];
      return sum / 64;
    })
  );
  const shapes: [(number | string)[], number[]][] = [
    [["n", 3, 8, 8], [2, 3]],
    [["n", 3, "h", "w"], [2, 3]],
    [[1, 3, 8, 8], [2, 3]],
    [[4, 3, 8, 8], [2, 3]],
    [["n", 8, 8, 3], [1, 2]],
    [[2, "h", "w", 3], [1, 2]],
  ];
  for (const [sizes, axes] of shapes) {
    await inFile(meanOnnx(sizes, { axes }), async (path) => {
      const teacher = await openTeacher(path, { engine, data: colour, batchSize: 2 });
      const { logits } = await teacher.outputs(requestOf(colour, { images, positions }));
      for (const [at, value] of means.entries()) assertAlmostEquals(logits[at], value, 1e-5);
      assertEquals(logits, await teacher.predict?.(images));
      teacher.dispose();
    });
  }
});

Deno.test("probabilities become logarithms, of which the softmax is the same", async () => {
  const images = imagesOf(colour);
  const request = requestOf(colour, { images, positions });
  const open = async (end: "Softmax" | undefined): Promise<Float32Array> => {
    let logits = new Float32Array();
    await inFile(meanOnnx(["n", 3, 8, 8], { axes: [2, 3], end }), async (path) => {
      const teacher = await openTeacher(path, { engine, data: colour, batchSize: 8 });
      logits = (await teacher.outputs(request)).logits.slice();
      teacher.dispose();
    });
    return logits;
  };
  const [raw, logs] = [await open(undefined), await open("Softmax")];
  for (let row = 0; row < 3; row++) {
    for (const c of [1, 2]) {
      assertAlmostEquals(raw[3 * row + c] - raw[3 * row], logs[3 * row + c] - logs[3 * row], 1e-4);
    }
  }
});

Deno.test("models that do not fit are refused in one line", async () => {
  const axes = [2, 3];
  const refused: [Uint8Array, string][] = [
    [meanOnnx(["n", 3, 9, 9], { axes }), "takes images of 9x9, the data has 8x8; the option resize (--teacher-resize)"],
    [
      meanOnnx(["n", 1, 8, 8], { axes }),
      "images of 1 channels, the data has 3; the option convertColours (--teacher-colours)",
    ],
    [meanOnnx(["n", 5, 8, 8], { axes }), "has 5 channels; allowed are 1 and 3"],
    [meanOnnx(["n", 192], { axes: [1] }), "its input is [?, 192]; allowed are [N, height, width, channels]"],
    [meanOnnx(["n", 3, 8, 8], { axes: [3] }), "no output is [images, classes]; it has [4,3,8]"],
    [
      meanOnnx(["n", 3, 8, 8], { axes: [1, 2] }),
      "it has 8 classes, the data has 3; the option classes (--teacher-classes)",
    ],
    [meanOnnx(["n", 3, 8, 8], { axes, end: "Log" }), "a logit of image"],
    [meanOnnx(["n", 3, 1e6, 1e6], { axes }), "more than 4 million pixels"],
  ];
  for (const [bytes, message] of refused) {
    await inFile(bytes, async (path) => {
      const error = await assertRejects(
        () => openTeacher(path, { engine, data: colour, batchSize: 4 }),
        RangeError,
        message,
      );
      assert(error.message.startsWith(`${path}: `) && !error.message.includes("\n"), error.message);
    });
  }
});

Deno.test("weights in a file beside the model are found from anywhere, and belong to its hash", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.onnx`;
    await Deno.writeFile(path, externalOnnx("weights/model.onnx.data", [2, 3]));
    await Deno.mkdir(`${folder}/weights`);
    const images = imagesOf(colour);
    const hashes = new Set<string>();
    const first = [];
    for (const bias of [[0, 0, 0], [1, -2, 3], [1, -2, 3]]) {
      await Deno.writeFile(`${folder}/weights/model.onnx.data`, new Uint8Array(Float32Array.from(bias).buffer));
      const teacher = await openTeacher(path, { engine, data: colour, batchSize: 4 });
      hashes.add(teacher.hash);
      const { logits } = await teacher.outputs(requestOf(colour, { images, positions }));
      if (hashes.size === 1) first.push(...logits);
      for (const [at, value] of logits.entries()) assertAlmostEquals(value, first[at] + bias[at % 3], 1e-5);
      teacher.dispose();
    }
    assertEquals(hashes.size, 2);
  }));

Deno.test("weights that are not there, or lie outside the folder of the model, are refused in one line", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/inner`);
    await Deno.writeFile(`${folder}/secret`, new Uint8Array(12));
    const path = `${folder}/inner/model.onnx`;
    const refused = [
      ["absent.data", 'its weights lie in "absent.data", which is not beside it'],
      [".", 'its weights lie in ".", which is not beside it'],
      ["../secret", "not within the folder of the model"],
      ["a/../../secret", "not within the folder of the model"],
      [`${folder}/secret`, "not within the folder of the model"],
      ["", "not within the folder of the model"],
    ];
    for (const [location, message] of refused) {
      await Deno.writeFile(path, externalOnnx(location, [2, 3]));
      const open = () => openTeacher(path, { engine, data: colour, batchSize: 4 });
      const error = await assertRejects(open, RangeError, message);
      assert(error.message.startsWith(`${path}: `) && !error.message.includes("\n"), error.message);
    }
  }));
