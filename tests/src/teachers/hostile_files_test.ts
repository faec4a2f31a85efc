import { assert } from "@std/assert";
import { Random } from "../../../src/data/random.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { encodeSafetensors } from "../../../src/export/safetensors.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { encodeNpy, inFolder, noiseData, tinyArchitecture } from "./fixtures.ts";

const engine = await startWasmEngine();
const data = noiseData();
const changes = 40;

/** Files of every kind, whole. */
function files(): Record<string, Uint8Array> {
  const architecture = tinyArchitecture();
  const weights = initialiseWeights(architecture, 1);
  const { count } = data.dataset.train;
  const graph = {
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { dtype: { type: "DT_FLOAT" } } },
        { name: "y", op: "Relu", input: ["x"], attr: {} },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [],
  };
  return {
    "checkpoint.safetensors": encodeSafetensors(architecture, weights),
    "model.onnx": exportOnnx(architecture, weights),
    "table.npy": encodeNpy(new Uint8Array(new Float32Array(3 * count).buffer), { shape: `${count}, 3` }),
    "model.json": new TextEncoder().encode(JSON.stringify(graph)),
  };
}

Deno.test("files with bytes changed, cut off or added are opened or refused in one line", () =>
  inFolder(async (folder) => {
    const random = new Random(11);
    let refused = 0;
    for (const [name, whole] of Object.entries(files())) {
      const path = `${folder}/${name}`;
      for (let change = 0; change < changes; change++) {
        let file = whole.slice();
        // What is at the beginning decides most.
        const reach = change % 2 === 0 ? Math.min(200, file.length) : file.length;
        if (change % 5 === 4) file = file.subarray(0, random.integer(file.length));
        else if (change % 5 === 3) file = Uint8Array.from([...file, ...whole.subarray(0, random.integer(40) + 1)]);
        else for (let byte = 0; byte <= change % 3; byte++) file[random.integer(reach)] = random.integer(256);
        await Deno.writeFile(path, file);
        try {
          (await openTeacher(path, { engine, data, batchSize: 4 })).dispose();
        } catch (error) {
          refused++;
          assert(error instanceof RangeError, `${name}, change ${change}: ${error}`);
          assert(error.message.startsWith(`${path}: `) && !error.message.includes("\n"), error.message);
        }
      }
    }
    assert(refused > changes, `${refused} refused`);
  }));
