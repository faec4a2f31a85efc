import type { Model, NetworkSource, RuntimeName } from "../../src/schemas/measurement.ts";
import { runtimesFor } from "../models/prepare.ts";

/** What a model runs on when its user does not say. */
const defaultRuntimes = {
  architecture: "tfjs-wasm",
  tfjs: "tfjs-wasm",
  onnx: "onnxruntime-wasm",
} satisfies Record<NetworkSource["kind"], RuntimeName>;

/** One interleaved session per runtime: the models that it takes. Those that no runtime takes are `misfits`. */
export interface RuntimeGroups {
  groups: { runtime: RuntimeName; models: Model[] }[];
  misfits: { model: Model; error: string }[];
}

/** Groups `models` by `runtimes`; with none given, each model runs on what is usual for its kind. */
export function groupByRuntime(models: readonly Model[], runtimes: readonly RuntimeName[]): RuntimeGroups {
  const groups = new Map<RuntimeName, Model[]>();
  const misfits: RuntimeGroups["misfits"] = [];
  for (const model of models) {
    const { kind } = model.source;
    const able = runtimesFor(kind);
    const chosen = runtimes.length > 0 ? runtimes.filter((runtime) => able.includes(runtime)) : [defaultRuntimes[kind]];
    for (const runtime of chosen) groups.set(runtime, [...groups.get(runtime) ?? [], model]);
    if (chosen.length === 0) {
      misfits.push({ model, error: `${runtimes.join(" and ")} cannot run it; what can: ${able.join(", ")}` });
    }
  }
  return { groups: [...groups].map(([runtime, grouped]) => ({ runtime, models: grouped })), misfits };
}
