import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { encodeSafetensors } from "../../../src/export/safetensors.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { openTeacher, type OpenTeacherOptions } from "../../../src/teachers/open_teacher.ts";
import {
  encodeTensors,
  floatTensor,
  inFolder,
  noiseData,
  requestOf,
  tinyArchitecture,
  withHeader,
} from "./fixtures.ts";

const engine = await startWasmEngine();
const data = noiseData();
const options: OpenTeacherOptions = { engine, data, batchSize: 4 };
const positions = [3, 0, 5, 1];

function imagesOf(): Float32Array {
  const indices = Uint32Array.from(positions, (position) => data.train[position]);
  return new BatchReader(data, 4).read(data.dataset.train, indices).images;
}

function checkpoint(shape: Parameters<typeof tinyArchitecture>[0] = {}) {
  const architecture = tinyArchitecture(shape);
  const weights = initialiseWeights(architecture, 3, { randomStatistics: true });
  return { architecture, weights, file: encodeSafetensors(architecture, weights) };
}

Deno.test("a checkpoint answers as its network does", () =>
  inFolder(async (folder) => {
    const { architecture, weights, file } = checkpoint();
    // The content counts, not the name.
    const path = `${folder}/teacher.onnx`;
    await Deno.writeFile(path, file);
    const teacher = await openTeacher(path, options);
    const network = networkTeacher({ name: "n", architecture, weights, engine, batchSize: 4 });
    assertEquals([teacher.hash, teacher.taps, teacher.gives], [network.hash, network.taps, network.gives]);
    const request = requestOf(data, { images: imagesOf(), positions, features: ["stage2", "embedding"] });
    assertEquals(await teacher.outputs(request), await network.outputs(request));
    teacher.dispose();
    network.dispose();
  }));

Deno.test("columns are chosen by classes, and without them another number of classes is refused", () =>
  inFolder(async (folder) => {
    const path = `${folder}/teacher.safetensors`;
    await Deno.writeFile(path, checkpoint({ classes: 5 }).file);
    const open = (classes?: number[]) => openTeacher(path, { ...options, classes });
    await assertRejects(
      () => open(),
      RangeError,
      `${path}: it has 5 classes, the data has 3; the option classes (--teacher-classes) `,
    );
    await assertRejects(
      () => open([0, 1]),
      RangeError,
      "classes (--teacher-classes) must name 3 columns, one per class, got 2",
    );
    await assertRejects(
      () => open([0, 1, 5]),
      RangeError,
      "classes (--teacher-classes) names column 5; allowed are 0 to 4",
    );
    await assertRejects(() => open([0, 1, 1]), RangeError, "names a column twice");
    const all = await openTeacher(path, { ...options, data: withClasses(5) });
    const some = await open([4, 0, 2]);
    assertEquals([some.taps.outputs, some.gives.includes("imageGradient")], [3, false]);
    assert(some.hash !== all.hash);
    const images = imagesOf();
    const [whole, chosen] = [await all.predict?.(images), await some.predict?.(images)];
    assert(whole && chosen);
    for (let row = 0; row < 4; row++) {
      assertEquals([...chosen.subarray(3 * row, 3 * row + 3)], [4, 0, 2].map((column) => whole[5 * row + column]));
    }
    const request = { ...requestOf(data, { images, positions }), imageGradient: true };
    await assertRejects(() => some.outputs(request), RangeError, "gives no image gradients");
    all.dispose();
    some.dispose();
  }));

function withClasses(count: number) {
  const classNames = Array.from({ length: count }, (_, index) => `${index}`);
  return { ...data, dataset: { ...data.dataset, classNames } };
}

Deno.test("the image gradient is that of the data's images, whatever the teacher's size and normalisation", () =>
  inFolder(async (folder) => {
    const path = `${folder}/teacher.safetensors`;
    await Deno.writeFile(path, checkpoint({ side: 12, channels: 3 }).file);
    const adapt = { resize: true, convertColours: true, normalisation: { mean: [0.4], deviation: [0.5] } };
    const teacher = await openTeacher(path, { ...options, ...adapt });
    const images = imagesOf().slice();
    const request = { ...requestOf(data, { images, positions }), imageGradient: true };
    const { imageGradient } = await teacher.outputs(request);
    assert(imageGradient);
    assertEquals(imageGradient.length, images.length);
    const loss = async (moved: Float32Array) => {
      const logits = await teacher.predict?.(moved) ?? new Float32Array();
      return request.labels.reduce((sum, label, row) => {
        const own = logits.subarray(3 * row, 3 * row + 3);
        return sum + Math.log(own.reduce((all, value) => all + Math.exp(value), 0)) - own[label];
      }, 0) / 4;
    };
    const by = 0.01;
    for (const place of [9, 70, 200]) {
      const moved = (step: number) => loss(images.map((value, at) => at === place ? value + step : value));
      assertAlmostEquals(imageGradient[place], (await moved(by) - await moved(-by)) / (2 * by), 2e-3);
    }
    teacher.dispose();
  }));

Deno.test("files that are no teacher are refused in one line that begins with the path", () =>
  inFolder(async (folder) => {
    const { file, architecture } = checkpoint();
    const header = (text: string) => withHeader(text, [new Uint8Array(16)]);
    const metadata = (value: unknown) =>
      header(JSON.stringify({ __metadata__: { format: "nacre", architecture: value } }));
    const huge = {
      ...architecture,
      nodes: architecture.nodes.map((node) => ({ ...node, units: 2 ** 52, filters: 2 ** 40 })),
    };
    const text = (content: string) => new TextEncoder().encode(content);
    const nan = checkpoint();
    nan.weights.parameters[7] = NaN;
    const refused: [string, Uint8Array, string][] = [
      ["empty", new Uint8Array(), "the file is empty"],
      ["short.safetensors", file.subarray(0, 20), "the header is cut off"],
      ["cut.safetensors", file.subarray(0, -8), "is cut off"],
      ["none.safetensors", metadata("null"), "the header holds no architecture"],
      ["huge.safetensors", metadata(JSON.stringify(huge)), "architecture"],
      ["nan.safetensors", encodeSafetensors(nan.architecture, nan.weights), "value 7 of its parameters is NaN"],
      ["other.safetensors", encodeTensors({ w: floatTensor([1], [1]) }), "its tensors are no network that is known"],
      [
        "partial",
        encodeTensors({ "conv1.weight": floatTensor([1], [1]), "layer3.0.conv2.weight": floatTensor([1], [1]) }),
        "not a CIFAR ResNet",
      ],
      ["escape.safetensors", header('{"\\u001b[2J":{}}'), 'tensor " [2J" has no dtype'],
      ["model.pt", text("PK\u0003\u0004rest"), "a ZIP archive"],
      ["old.h5", Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13), "an HDF5 file"],
      ["image.png", Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "it is none that is known; a teacher is a Nacre checkpoint"],
      ["notes.txt", text("hello"), "none that is known"],
      ["architecture.json", text(JSON.stringify(architecture)), "an architecture without weights"],
      ["cut.json", text('{"modelTopology": {'), "not whole JSON"],
      ["number.json", text('{"modelTopology": 3, "weightsManifest": []}'), "not a TF.js model: modelTopology"],
      ["noise.onnx", Uint8Array.from({ length: 300 }, (_, at) => at * 37 % 251), "not an ONNX model that can be run"],
      ["start.onnx", Uint8Array.of(8, 8, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f), "not an ONNX model that can be run"],
    ];
    for (const [name, content, message] of refused) {
      const path = `${folder}/${name}`;
      await Deno.writeFile(path, content);
      const error = await assertRejects(() => openTeacher(path, options), RangeError, message);
      assert(error.message.startsWith(`${path}: `), error.message);
      assert(!/\p{Cc}/u.test(error.message), error.message);
      assertEquals(error.message.split(path).length, 2, error.message);
    }
    await assertRejects(
      () => openTeacher(`${folder}/absent`, options),
      RangeError,
      "absent: no such file; a teacher is",
    );
    await assertRejects(() => openTeacher(folder, options), RangeError, `${folder}: a folder without a model.json`);
    await assertRejects(() => openTeacher("/dev/null", options), RangeError, "/dev/null: neither a file nor a folder");
    const named = { path: `${folder}/cut.json`, architecture: "resnet20" };
    await assertRejects(() => openTeacher(named, options), RangeError, "only named for weights in safetensors");
  }));
