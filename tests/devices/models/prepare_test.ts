import { assert, assertEquals, assertRejects } from "@std/assert";
import { architectureModel } from "../../../devices/models/architecture_model.ts";
import { trimExports } from "../../../devices/models/export_cache.ts";
import { onnxOutputs } from "../../../devices/models/onnx_outputs.ts";
import { type PrepareDependencies, prepareNetworks, runtimesFor } from "../../../devices/models/prepare.ts";
import { readModel } from "../../../devices/models/read_model.ts";
import { checkedValues } from "../../../devices/protocol/check.ts";
import { createReference, type Reference } from "../../../devices/reference.ts";
import { referenceNetworks } from "../../../devices/references.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { networkSchema } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";
import { addingOnnx, inFolder, writeGraphModel } from "./model_files.ts";

/** Answers with the number of its question; `fail` may throw. */
function fakeReference(fail: (count: number) => void = () => {}): Reference {
  let count = 0;
  return {
    outputs: async () => {
      await Promise.resolve();
      fail(++count);
      return [count];
    },
    close: () => Promise.resolve(),
  };
}

function withDependencies(
  fn: (dependencies: PrepareDependencies, folder: string) => Promise<void>,
  reference = fakeReference(),
): Promise<void> {
  return inFolder((folder) => fn({ dataDir: `${folder}/data`, reference, files: new Map() }, folder));
}

const tiny = architectureModel("tiny", tinyArchitecture);
const color = architectureModel("color", { ...tinyArchitecture, input: { height: 7, width: 9, channels: 3 } });

Deno.test("tfjs is given architectures as they are, beside the references", () =>
  withDependencies(async (dependencies) => {
    const { networks, files, expected, errors } = await prepareNetworks([tiny, color], "tfjs-wasm", dependencies);
    const network = ({ source, input }: typeof tiny) => ({ source, input });
    assertEquals(networks, [...referenceNetworks, network(tiny), network(color)]);
    assertEquals(networks.map((one) => networkSchema.parse(one)), networks);
    assertEquals([files.size, expected, errors], [0, [[1], [2], [3], [4]], [undefined, undefined]]);
  }));

Deno.test("onnxruntime is given exported architectures that answer as the architectures do", async () => {
  const reference = createReference();
  try {
    await withDependencies(async (dependencies) => {
      const { networks, files, expected, errors } = await prepareNetworks([color], "onnxruntime-wasm", dependencies);
      assertEquals(errors, [undefined]);
      assertEquals([networks.length, files.size], [3, 3]);
      for (const [index, { source, input }] of networks.entries()) {
        if (source.kind !== "onnx") throw new Error(`not an ONNX file: ${source.kind}`);
        const path = files.get(source.file.sha256) ?? "";
        assert(path.endsWith(`data/cache/models/${source.file.sha256}.onnx`), path);
        assertEquals(input, { ...[...referenceNetworks, color][index].input, channelsFirst: true });
        const file = await Deno.readFile(path);
        assertEquals(file.length, source.file.bytes);
        const outputs = await onnxOutputs(file, input);
        assertEquals(outputs.length, expected[index].length);
        const largest = Math.max(...expected[index].map(Math.abs));
        for (const [place, value] of expected[index].entries()) {
          assert(Math.abs(outputs[place] - value) < 1e-4 * largest, `${outputs} is not ${expected[index]}`);
        }
      }
      const again = await prepareNetworks([color], "onnxruntime-webgpu", dependencies);
      assertEquals([again.networks, again.files], [networks, files]);
    }, reference);
  } finally {
    await reference.close();
  }
});

Deno.test("models that a runtime cannot run get an error that names what can, and the others go on", () =>
  withDependencies(async (dependencies, folder) => {
    await writeGraphModel(`${folder}/graph`);
    await Deno.writeFile(`${folder}/adds.onnx`, addingOnnx());
    const [graph, onnx] = [await readModel(`${folder}/graph`), await readModel(`${folder}/adds.onnx`)];
    const models = [graph.model, tiny, onnx.model];
    const files = new Map([...graph.files, ...onnx.files]);

    const tfjs = await prepareNetworks(models, "tfjs-webgl", { ...dependencies, files });
    assertEquals(tfjs.errors, [
      undefined,
      undefined,
      "tfjs-webgl cannot run an ONNX file; what can: onnxruntime-wasm, onnxruntime-wasm-threads, onnxruntime-webgpu",
    ]);
    assertEquals(tfjs.networks.map(({ source }) => source.kind).slice(2), ["tfjs", "architecture"]);
    assertEquals([tfjs.files, tfjs.expected.length], [graph.files, 4]);

    const runtime = await prepareNetworks(models, "onnxruntime-wasm", { ...dependencies, files });
    assertEquals(runtime.errors, [
      "onnxruntime-wasm cannot run a TF.js model; what can: tfjs-wasm, tfjs-wasm-threads, tfjs-webgl, tfjs-webgpu",
      undefined,
      undefined,
    ]);
    assertEquals(runtime.networks.map(({ source }) => source.kind), ["onnx", "onnx", "onnx", "onnx"]);
    assertEquals([...onnx.files].every(([hash, path]) => runtime.files.get(hash) === path), true);

    const { errors } = await prepareNetworks([graph.model], "tfjs-wasm", dependencies);
    assertEquals(errors, ["its file model.json is not at hand"]);
  }));

Deno.test("an architecture runs on every runtime", () => assertEquals(runtimesFor("architecture").length, 7));

Deno.test("an architecture that cannot be built gets an error", () =>
  withDependencies(async (dependencies) => {
    const [conv, ...rest] = tinyArchitecture.nodes;
    const broken: Architecture = { ...tinyArchitecture, nodes: [conv, ...rest.slice(1)] };
    const huge: Architecture = {
      ...tinyArchitecture,
      classes: 1e9,
      nodes: [...tinyArchitecture.nodes.slice(0, -1), {
        op: "dense",
        inputs: [tinyArchitecture.nodes.length - 2],
        units: 1e9,
      }],
    };
    const models = [architectureModel("broken", broken), tiny, architectureModel("huge", huge)];
    const { errors, networks } = await prepareNetworks(models, "tfjs-wasm", dependencies);
    assert(errors[0]?.startsWith("node "), errors[0]);
    assertEquals([errors[1], errors[2], networks.length], [undefined, "its weights take 20.0 GB; at most 512 MB", 3]);
  }));

Deno.test("a model whose reference fails gets that error, a reference network's failure rejects", () =>
  withDependencies(async (dependencies) => {
    const failing = (which: number) =>
      fakeReference((count) => {
        if (count === which) throw new Error("no such\nlayer");
      });
    const prepare = (reference: Reference) =>
      prepareNetworks([tiny, color], "tfjs-wasm", { ...dependencies, reference });
    const { errors, expected } = await prepare(failing(3));
    assertEquals([errors, expected], [["no such layer", undefined], [[1], [2], [4]]]);
    await assertRejects(() => prepare(failing(2)), Error, "no such");
  }));

Deno.test("a session has 1 to 32 models, and can be aborted", () =>
  withDependencies(async (dependencies) => {
    const prepare = (count: number, signal?: AbortSignal) =>
      prepareNetworks(Array.from({ length: count }, () => tiny), "tfjs-wasm", { ...dependencies, signal });
    await assertRejects(() => prepare(0), RangeError, "1 to 32 models, got 0");
    await assertRejects(() => prepare(33), RangeError, "1 to 32 models, got 33");
    assertEquals((await prepare(32)).networks.length, 34);
    await assertRejects(() => prepare(1, AbortSignal.abort(new Error("enough"))), Error, "enough");
  }));

Deno.test("exports are written anew where damaged, and the oldest go when there are too many", () =>
  withDependencies(async (dependencies) => {
    const { files } = await prepareNetworks([tiny], "onnxruntime-wasm", dependencies);
    const [small, large, own] = [...files.values()];
    const { size } = await Deno.stat(own);
    await Deno.truncate(own, 10);
    await prepareNetworks([tiny], "onnxruntime-wasm", dependencies);
    assertEquals((await Deno.stat(own)).size, size);

    const nowMs = Date.now();
    const hoursAgo = (hours: number) => new Date(nowMs - hours * 3_600_000);
    await Deno.utime(small, hoursAgo(8), hoursAgo(8));
    await Deno.utime(large, hoursAgo(7), hoursAgo(7));
    const left = async () => (await Array.fromAsync(Deno.readDir(`${dependencies.dataDir}/cache/models`))).length;
    await trimExports(dependencies.dataDir, { nowMs });
    assertEquals(await left(), 3);
    const largeBytes = (await Deno.stat(large)).size;
    await trimExports(dependencies.dataDir, { maximumBytes: largeBytes + size, nowMs });
    assertEquals(await left(), 2);
    await assertRejects(() => Deno.stat(small), Deno.errors.NotFound);
    // What was used in the last six hours stays, however much it is.
    await trimExports(dependencies.dataDir, { maximumBytes: 0, nowMs });
    assertEquals([await left(), (await Deno.stat(own)).size], [1, size]);
  }));

Deno.test("what a device must answer comes from the architecture itself, so that a wrong export is found", async () => {
  const asked: string[] = [];
  const reference: Reference = {
    outputs: ({ source }) => Promise.resolve([asked.push(source.kind)]),
    close: () => Promise.resolve(),
  };
  await withDependencies(async (dependencies) => {
    const { networks } = await prepareNetworks([tiny], "onnxruntime-wasm", dependencies);
    assertEquals(networks.map(({ source }) => source.kind), ["onnx", "onnx", "onnx"]);
  }, reference);
  assertEquals(asked, ["architecture", "architecture", "architecture"]);
});

Deno.test("expected outputs are thinned as the device thins its own", async () => {
  const outputs = Float32Array.from({ length: 9000 }, (_, index) => index);
  const reference: Reference = {
    outputs: () => Promise.resolve(checkedValues(outputs)),
    close: () => Promise.resolve(),
  };
  await withDependencies(async (dependencies) => {
    const { expected } = await prepareNetworks([tiny, color], "tfjs-wasm", dependencies);
    assertEquals(expected[3], checkedValues(outputs, 4));
    // Every third of 9000, then every third of those: 4096 / 4 at most.
    assertEquals([expected[3].length, expected[3][1]], [1000, 9]);
  }, reference);
});
