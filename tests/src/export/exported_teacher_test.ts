// What Nacre exports it opens again, as a teacher.
import { assert, assertEquals } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { exportModel } from "../../../src/export/export_model.ts";
import { runDeployed } from "../../../src/export/run_deployed.ts";
import { exportFormatSchema } from "../../../src/schemas/export_options.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { inFolder, noiseData, requestOf, tinyArchitecture } from "../teachers/fixtures.ts";
import { testWeights } from "./onnx/deployed_logits.ts";

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
    const network = runDeployed(architecture, weights);
    const expected = await network.logits(images, 3);
    await network.dispose();
    await inFolder(async (folder) => {
      for (const format of exportFormatSchema.options) {
        const { files } = await exportModel(architecture, weights, { format, directory: `${folder}/${format}` });
        const teacher = await openTeacher(files[0], { engine, data, batchSize: 4, normalisation: "data" });
        try {
          const { logits } = await teacher.outputs(requestOf(data, { images, positions, features: [] }));
          assertEquals(logits.length, expected.length);
          for (const [index, value] of expected.entries()) {
            assert(Math.abs(logits[index] - value) < 1e-4, `${format}: ${logits[index]}, expected ${value}`);
          }
        } finally {
          await teacher.dispose();
        }
      }
    });
  });
}
