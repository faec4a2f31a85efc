import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { findCifar10 } from "../../../src/data/sources/cifar10.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { readContext, withFolder } from "../data/sample_files.ts";
import { floatTensor, inFolder, noiseData, type TestTensor } from "./fixtures.ts";
import { torchResnet } from "./torch_resnet.ts";

const engine = await startWasmEngine();
const data = noiseData({ side: 32, channels: 3 });
const options = { engine, data, batchSize: 4 };

Deno.test("weights give the logits that PyTorch's padding and batch norm give", () =>
  inFolder(async (folder) => {
    const { images } = new BatchReader(data, 2).read(data.dataset.train, data.train.slice(0, 2));
    for (const shortcut of [undefined, "shortcut", "downsample"]) {
      const network = torchResnet({ channels: 3, shortcut, prefix: shortcut ? "module." : "" });
      const path = `${folder}/weights.bin`;
      await Deno.writeFile(path, network.file);
      const teacher = await openTeacher({ path, architecture: "resnet8" }, options);
      const logits = await teacher.predict?.(images);
      assert(logits);
      const expected = [0, 1].flatMap((image) => network.logits(images.slice(image * 3072, (image + 1) * 3072)));
      for (const [at, value] of expected.entries()) assertAlmostEquals(logits[at], value, 1e-4 * (1 + Math.abs(value)));
      assertEquals(teacher.name, "resnet8 weights.bin");
      assertEquals(teacher.gives, ["logits", "imageGradient", "stages", "before", "embedding"]);
      teacher.dispose();
    }
  }));

Deno.test("the mean and deviation of the file's metadata are used", () =>
  inFolder(async (folder) => {
    const metadata = { normalise_mean: "0.4,0.5,0.6", normalise_std: "0.2,0.3,0.4" };
    const network = torchResnet({ channels: 3, metadata });
    const path = `${folder}/weights.safetensors`;
    await Deno.writeFile(path, network.file);
    const teacher = await openTeacher(path, options);
    const { images } = new BatchReader(data, 1).read(data.dataset.train, data.train.slice(0, 1));
    const own = images.map((value, at) => {
      const c = at % 3;
      return (value * data.deviation[c] + data.mean[c] - [0.4, 0.5, 0.6][c]) / [0.2, 0.3, 0.4][c];
    });
    const logits = await teacher.predict?.(images);
    assert(logits);
    for (const [at, value] of network.logits(own).entries()) assertAlmostEquals(logits[at], value, 1e-3);
    teacher.dispose();
    const broken = torchResnet({ channels: 3, metadata: { ...metadata, normalise_std: "a,b,c" } });
    await Deno.writeFile(path, broken.file);
    await assertRejects(() => openTeacher(path, options), RangeError, "its metadata give the normalisation");
  }));

Deno.test("weights of another network than named are refused", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    await Deno.writeFile(path, torchResnet({ channels: 3 }).file);
    const named = (architecture: string) => openTeacher({ path, architecture }, options);
    await assertRejects(
      () => named("resnet20"),
      RangeError,
      `${path}: its tensors are those of resnet8, not of resnet20`,
    );
    const grey = { ...options, data: noiseData({ side: 32 }) };
    await assertRejects(
      () => openTeacher(path, grey),
      RangeError,
      "3 channels, the data has 1; the option convertColours (--teacher-colours)",
    );
  }));

Deno.test("tensors that would be left out are refused by name", () =>
  inFolder(async (folder) => {
    const path = `${folder}/weights.safetensors`;
    const refused: [Record<string, TestTensor>, string][] = [
      [{ "conv1.bias": floatTensor([2], [1, 1]) }, 'tensor "conv1.bias" is none'],
      [{ "layer1.0.downsample.0.weight": floatTensor([1], [1]) }, 'tensor "layer1.0.downsample.0.weight" is none'],
      [{ "layer2.2.conv1.weight": floatTensor([1], [1]) }, 'tensor "layer2.2.conv1.weight" is none'],
      [{ "module.linear.bias": floatTensor([3], [1, 2, 3]) }, 'tensors of one name with and without "module."'],
    ];
    for (const [more, message] of refused) {
      await Deno.writeFile(path, torchResnet({ channels: 3, more }).file);
      const error = await assertRejects(() => openTeacher(path, options), RangeError, message);
      assert(error.message.startsWith(`${path}: `), error.message);
    }
  }));

const folder = Deno.env.get("NACRE_TEACHERS");
const wanted = Deno.env.get("NACRE_TEST_CIFAR10") === "1" && folder !== undefined;
const name = "published CIFAR ResNets have their published accuracy on the test part";
if (!wanted) console.log(`skipped: ${name}: NACRE_TEST_CIFAR10 is not 1 or NACRE_TEACHERS names no folder of weights`);
Deno.test({
  name,
  ignore: !wanted,
  fn: async () => {
    await withFolder(async (scratch) => {
      const content = await findCifar10().read(readContext(scratch));
      const dataset = { ...content, contentHash: "" };
      const cifar = prepareTrainingData(dataset, { seed: 1, validationImages: 5000 });
      const batchSize = 100;
      const reader = new BatchReader(cifar, batchSize);
      for (const [depth, accuracy] of [[20, 0.9173], [32, 0.9263], [56, 0.9339]]) {
        const path = `${folder}/resnet${depth}-cifar10.safetensors`;
        const teacher = await openTeacher(path, { engine, data: cifar, batchSize });
        let right = 0;
        for (let start = 0; start < dataset.test.count; start += batchSize) {
          const indices = Uint32Array.from({ length: batchSize }, (_, row) => start + row);
          const { images, labels } = reader.read(dataset.test, indices);
          const logits = await teacher.predict?.(images) ?? new Float32Array();
          for (const [row, label] of labels.entries()) {
            const own = logits.subarray(10 * row, 10 * row + 10);
            if (own.every((value) => value <= own[label])) right++;
          }
        }
        teacher.dispose();
        assertEquals([depth, right / dataset.test.count], [depth, accuracy]);
      }
    });
  },
});
