// What Nacre exports it opens again, as a teacher.
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { exportModel } from "../../../src/export/export_model.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { runDeployed } from "../../../src/export/run_deployed.ts";
import { encodeSafetensors } from "../../../src/export/safetensors.ts";
import { exportTfjs } from "../../../src/export/tfjs.ts";
import { exportTfjsGraph } from "../../../src/export/tfjs_graph.ts";
import { exportFormatSchema } from "../../../src/schemas/export_options.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { inFolder, noiseData, requestOf, tinyArchitecture } from "../teachers/fixtures.ts";
import { testWeights } from "./onnx/deployed_logits.ts";

/** Not the numbers of the data: for networks that were trained on other data. */
const others = { mean: [0.25, 0.5, 0.375], deviation: [0.5, 0.25, 0.75] };

for (const channels of [1, 3]) {
  Deno.test(`every export opens as a teacher and says what the network says, ${channels} channels`, async () => {
    const engine = await startWasmEngine();
    await startTensors(engine);
    const architecture = tinyArchitecture({ channels });
    const weights = testWeights(architecture);
    const data = noiseData({ channels });
    const positions = [3, 0, 7];
    const indices = Uint32Array.from(positions, (at) => data.train[at]);
    const { images } = new BatchReader(data, 3).read(data.dataset.train, indices);
    const mean = others.mean.slice(0, channels);
    const deviation = others.deviation.slice(0, channels);
    const own = images.map((value, at) => {
      const channel = at % channels;
      return (value * data.deviation[channel] + data.mean[channel] - mean[channel]) / deviation[channel];
    });
    const network = runDeployed(architecture, weights);
    const expected = { own: await network.logits(own, 3), data: await network.logits(images, 3) };
    await network.dispose();
    await inFolder(async (folder) => {
      for (const format of exportFormatSchema.options) {
        const directory = `${folder}/${format}`;
        const { files } = await exportModel(architecture, weights, {
          format,
          directory,
          normalisation: { mean, deviation },
        });
        const saysNothing = await exportModel(architecture, weights, { format, directory: `${directory}-nothing` });
        for (
          const [file, normalisation, wanted] of [
            [files[0], undefined, expected.own],
            [files[0], "data", expected.data],
            [saysNothing.files[0], undefined, expected.data],
          ] as const
        ) {
          const teacher = await openTeacher(file, { engine, data, batchSize: 4, normalisation });
          try {
            const { logits } = await teacher.outputs(requestOf(data, { images, positions, features: [] }));
            assertEquals(logits.length, wanted.length);
            for (const [index, value] of wanted.entries()) {
              assert(Math.abs(logits[index] - value) < 1e-4, `${file}: ${logits[index]}, expected ${value}`);
            }
          } finally {
            await teacher.dispose();
          }
        }
      }
    });
  });
}

Deno.test("a TF.js export says how its images are normalised; one from before takes them as the data has them", async () => {
  const engine = await startWasmEngine();
  await startTensors(engine);
  const architecture = tinyArchitecture();
  const weights = testWeights(architecture);
  const data = noiseData();
  const positions = [3, 0, 7];
  const indices = Uint32Array.from(positions, (at) => data.train[at]);
  const { images } = new BatchReader(data, 3).read(data.dataset.train, indices);
  // Trained on other data: (value - 0.25) / 0.5, of values from 0 to 1.
  const own = images.map((value) => (value * data.deviation[0] + data.mean[0] - 0.25) / 0.5);
  const network = runDeployed(architecture, weights);
  const expected = { own: await network.logits(own, 3), data: await network.logits(images, 3) };
  await network.dispose();
  await inFolder(async (folder) => {
    const options = { engine, data, batchSize: 4 };
    const write = async ({ modelJson, weights }: ReturnType<typeof exportTfjs | typeof exportTfjsGraph>) => {
      await Deno.writeFile(`${folder}/weights.bin`, weights);
      await Deno.writeTextFile(`${folder}/model.json`, JSON.stringify(modelJson));
    };
    const answers = async (normalisation?: "unit" | "data") => {
      const teacher = await openTeacher(folder, { ...options, normalisation });
      try {
        return (await teacher.outputs(requestOf(data, { images, positions, features: [] }))).logits;
      } finally {
        teacher.dispose();
      }
    };
    const near = (found: Float32Array, wanted: Float32Array) =>
      found.every((value, index) => Math.abs(value - wanted[index]) < 1e-4);
    for (const exportAs of [exportTfjs, exportTfjsGraph]) {
      await write(exportAs(architecture, weights, { normalisation: { mean: [0.25], deviation: [0.5] } }));
      assert(near(await answers(), expected.own));
      assert(near(await answers("data"), expected.data));
      await write(exportAs(architecture, weights));
      assert(near(await answers(), expected.data));
      assert(!near(await answers("unit"), expected.data));
    }
    const { modelJson, weights: bytes } = exportTfjs(architecture, weights);
    const damaged = { ...modelJson, userDefinedMetadata: { nacre: { mean: "0.25", deviation: [0.5] } } };
    await write({ modelJson: damaged as unknown as typeof modelJson, weights: bytes });
    await assertRejects(() => openTeacher(folder, options), RangeError, "userDefinedMetadata.nacre.mean");
    await write({
      modelJson: { ...modelJson, userDefinedMetadata: [] } as unknown as typeof modelJson,
      weights: bytes,
    });
    await assertRejects(() => openTeacher(folder, options), RangeError, "not a TF.js model: userDefinedMetadata");
  });
});

Deno.test("a teacher is the same whether its file says the data's own numbers or nothing", async () => {
  const engine = await startWasmEngine();
  const architecture = tinyArchitecture({ channels: 3 });
  const weights = testWeights(architecture);
  const data = noiseData({ channels: 3 });
  const { mean, deviation } = data;
  const path = "model.safetensors";
  await inFolder(async (folder) => {
    const hashes: string[] = [];
    for (const normalisation of [undefined, { mean, deviation }, others]) {
      await Deno.writeFile(`${folder}/${path}`, encodeSafetensors(architecture, weights, { normalisation }));
      const teacher = await openTeacher(`${folder}/${path}`, { engine, data, batchSize: 4 });
      hashes.push(teacher.hash);
      teacher.dispose();
    }
    assertEquals(hashes[1], hashes[0]);
    assertNotEquals(hashes[2], hashes[0]);
  });
});

Deno.test("metadata that are no numbers are refused where nobody says how images are normalised", async () => {
  const engine = await startWasmEngine();
  await startTensors(engine);
  const architecture = tinyArchitecture();
  const weights = testWeights(architecture);
  const data = noiseData();
  const normalisation = { mean: [0.25], deviation: [0.5] };
  await inFolder(async (folder) => {
    for (
      const [name, file] of [
        ["model.safetensors", encodeSafetensors(architecture, weights, { normalisation })],
        ["model.onnx", exportOnnx(architecture, weights, { normalisation })],
      ] as const
    ) {
      const path = `${folder}/${name}`;
      const at = new TextDecoder("latin1").decode(file).indexOf("0.25");
      assert(at > 0);
      file.set(new TextEncoder().encode("0,,1"), at);
      await Deno.writeFile(path, file);
      const options = { engine, data, batchSize: 4 };
      const message = `${path}: its metadata give the normalisation "0,,1", "0.5"`;
      await assertRejects(() => openTeacher(path, options), RangeError, message);
      (await openTeacher(path, { ...options, normalisation: "unit" })).dispose();
    }
  });
});
