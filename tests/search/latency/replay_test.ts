import { assertEquals, assertRejects } from "@std/assert";
import { OutsideFaultError } from "../../../search/outside_fault.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";
import { modelHash } from "../../../src/schemas/measurement.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { modelOf } from "../../../search/latency/model.ts";
import { replayedLatencies } from "../../../search/latency/replay.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { madeUpTrial } from "../made_up_trials.ts";
import { madeUpMeasurement } from "../measurements.ts";

const space = createSpace("mnas", { height: 28, width: 24, channels: 3, classes: 10 });

Deno.test("a network keeps its identity as a model, whatever its weights are made from", () => {
  const architecture = space.reference(1);
  for (const seed of [1, 2]) {
    const model = modelOf(architecture, seed);
    assertEquals(modelHash(model), architectureHash(architecture));
    assertEquals(model.input, { shape: [1, 28, 24, 3], seed, channelsFirst: false });
  }
});

Deno.test("latencies are replayed by network, device and runtime; what is missing ends the run", async () => {
  const [known, unknown] = [space.reference(1), space.reference(0.5)];
  const modelHash = architectureHash(known);
  using store = new RunStore(":memory:");
  store.saveMeasurements([
    madeUpMeasurement("here", 1, { modelHash }),
    madeUpMeasurement("phone", 2, { modelHash }),
    madeUpMeasurement("phone", 3, { modelHash, runtime: "onnxruntime-wasm" }),
    madeUpMeasurement("here", 4, { modelHash: architectureHash(unknown) }),
  ]);
  const replay = (devices: string[], runtime: "tfjs-wasm" | "onnxruntime-wasm") =>
    Promise.all(
      replayedLatencies(store, { run: "old", devices, runtime }).measure([known, unknown]).outcomes
        .map(async (outcome) => {
          const answer = await outcome.catch((error) => {
            if (error instanceof OutsideFaultError) return { error: error.message };
            throw error;
          });
          return "error" in answer ? answer.error : answer.measurements.map(({ latencyMs }) => latencyMs);
        }),
    );
  const missing = (device: string, runtime: string, network = unknown) =>
    `run "old" holds no latency of network ${architectureHash(network).slice(0, 12)} on ${device} (${runtime}): ` +
    "it has not come so far, or went another way";
  assertEquals(await replay(["phone", "here"], "tfjs-wasm"), [[2, 1], missing("phone", "tfjs-wasm")]);
  assertEquals(await replay(["here"], "tfjs-wasm"), [[1], [4]]);
  assertEquals(await replay(["phone"], "onnxruntime-wasm"), [[3], missing("phone", "onnxruntime-wasm")]);
  assertEquals((await replay(["here"], "onnxruntime-wasm"))[0], missing("here", "onnxruntime-wasm", known));
});

Deno.test("latencies of two backends are kept apart, and only the run's own is replayed", async () => {
  const [both, other] = [space.reference(1), space.reference(0.5)];
  using store = new RunStore(":memory:");
  const on = (backend: string, latencyMs: number, architecture = both) =>
    madeUpMeasurement("phone", latencyMs, { modelHash: architectureHash(architecture), backend });
  store.saveMeasurements([on("GPU", 1), on("emulated", 9), on("emulated", 8, other)]);
  const hash = architectureHash(both);
  assertEquals(store.measurement(hash, "phone", "tfjs-wasm", "GPU")?.latencyMs, 1);
  assertEquals(store.measurement(hash, "phone", "tfjs-wasm", "emulated")?.latencyMs, 9);
  assertEquals(store.measurement(hash, "phone", "tfjs-wasm", "third"), undefined);
  const { outcomes } = replayedLatencies(store, {
    ...{ run: "old", devices: ["phone"], runtime: "tfjs-wasm" },
    backendOf: () => "GPU",
  }).measure([both, other]);
  const first = await outcomes[0];
  assertEquals("measurements" in first && first.measurements.map(({ latencyMs }) => latencyMs), [1]);
  await assertRejects(
    () => outcomes[1],
    OutsideFaultError,
    'run "old": phone: its backend changed from "GPU" to "emulated", so that its latencies do not compare',
  );
});

Deno.test("a network that the replayed run could not time fails as it did there", async () => {
  using store = new RunStore(":memory:");
  const trial = madeUpTrial(1, 0.5, 1);
  store.saveTrial({ ...trial, state: "failed", reason: "here: no such op", measurements: [] });
  const { outcomes } = replayedLatencies(store, { run: "old", devices: ["here"], runtime: "tfjs-wasm" })
    .measure([trial.architecture]);
  assertEquals(await outcomes[0], { error: "here: no such op", isFinal: true });
});
