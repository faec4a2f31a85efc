import { env, InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import { withinDeadline } from "./deadline.ts";
import { requestGpuAdapter } from "./gpu_adapter.ts";
import { blameLoss } from "./gpu_loss.ts";
import { examineReadBack } from "./gpu_read_back.ts";
import { oneLine } from "./one_line.ts";
import { buildOnnxNetwork, type Onnxruntime } from "./onnxruntime_network.ts";
import { probeModel } from "./onnxruntime_probe.ts";
import type { StartRuntime } from "./runtime.ts";
import { servedFile } from "./served_file.ts";

const name = "onnxruntime webgpu";

// 27 MB come over the network first.
const startDeadlineMs = 180_000;

/** Limits that onnxruntime uses to the full where the adapter has more than the least. */
const usedLimits = [
  "maxBindGroups",
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
] as const satisfies (keyof GPUSupportedLimits)[];

/** Features that change which kernels it takes. */
const usedFeatures = ["shader-f16", "subgroups"] as const;

async function requestDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  return await adapter.requestDevice({
    requiredLimits: Object.fromEntries(usedLimits.map((limit) => [limit, adapter.limits[limit]])),
    requiredFeatures: usedFeatures.filter((feature) => adapter.features.has(feature)) as GPUFeatureName[],
  });
}

/** A tensor in GPU memory, so that no inference uploads it. */
function placeOn(device: GPUDevice, values: Float32Array, shape: readonly number[]): Tensor {
  // Bindings are of 16 bytes or more.
  const buffer = device.createBuffer({
    size: Math.ceil(values.byteLength / 16) * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, new Float32Array(values));
  return Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: shape, dispose: () => buffer.destroy() });
}

/** onnxruntime-web on WebGPU. */
export const startOnnxruntimeWebgpu: StartRuntime = async (host) => {
  const { adapter, name: adapterName, software } = await requestGpuAdapter(name);
  const device = await requestDevice(adapter);
  const { emptyMs, nudged, wait } = await examineReadBack(device, host.clock);
  env.logLevel = "error";
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  if (host.files) {
    env.wasm.wasmPaths = {
      mjs: servedFile(host.files, "ort-wasm-simd-threaded.asyncify.mjs"),
      wasm: servedFile(host.files, "ort-wasm-simd-threaded.asyncify.wasm"),
    };
  }
  const options: InferenceSession.SessionOptions = {
    executionProviders: [{ name: "webgpu", device }],
    graphOptimizationLevel: "all",
    // What WebGPU lacks would run on the CPU without a word: such a network is refused.
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  };
  const onnxruntime: Onnxruntime = {
    name,
    createSession: (model) => InferenceSession.create(model, options),
    placeInput: (values, shape) => placeOn(device, values, shape),
    wait,
  };
  const probe = await withinDeadline(name, startDeadlineMs, onnxruntime.createSession(probeModel())).catch((error) => {
    throw new Error(`Cannot start ${name}: ${oneLine(error)}`);
  });
  await probe.release();
  return blameLoss({
    backend: `onnxruntime-web ${env.versions.web} webgpu, ${adapterName}`.slice(0, 200),
    softwareAdapter: software,
    settings: {
      graphOptimizationLevel: "all",
      cpuFallback: false,
      features: usedFeatures.filter((feature) => device.features.has(feature)).join(" "),
      readBackMs: emptyMs,
      readBackNudged: nudged,
    },
    build: (network) => buildOnnxNetwork(network, host, onnxruntime),
    lost: device.lost.then(({ message }) => `the browser lost the GPU: ${message}`),
  });
};
