import { assertEquals } from "@std/assert";
import { groupByRuntime } from "../../../devices/measure/group_by_runtime.ts";
import type { Model, RuntimeName } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const input = { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false };
const file = { path: "model", sha256: "0".repeat(64), bytes: 1 };
const models: Record<string, Model> = {
  architecture: { name: "a", source: { kind: "architecture", architecture: tinyArchitecture, seed: 1 }, input },
  tfjs: { name: "t", source: { kind: "tfjs", format: "graph", files: [file] }, input },
  onnx: { name: "o", source: { kind: "onnx", file }, input },
};

function grouped(...runtimes: RuntimeName[]) {
  const { groups, misfits } = groupByRuntime(Object.values(models), runtimes);
  return {
    groups: groups.map(({ runtime, models }) => `${runtime}: ${models.map(({ name }) => name).join("")}`),
    misfits: misfits.map(({ model, error }) => `${model.name}: ${error.split(";")[0]}`),
  };
}

Deno.test("without a choice each model runs on what is usual for its kind", () => {
  assertEquals(grouped(), { groups: ["tfjs-wasm: at", "onnxruntime-wasm: o"], misfits: [] });
});

Deno.test("a chosen runtime gets the models that it takes; one that none takes is told", () => {
  assertEquals(grouped("tfjs-webgpu"), {
    groups: ["tfjs-webgpu: at"],
    misfits: ["o: tfjs-webgpu cannot run it"],
  });
  assertEquals(grouped("tfjs-wasm", "onnxruntime-wasm"), {
    groups: ["tfjs-wasm: at", "onnxruntime-wasm: ao"],
    misfits: [],
  });
});
