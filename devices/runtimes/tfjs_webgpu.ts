import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-webgpu";
import { requestGpuAdapter } from "./gpu_adapter.ts";
import { blameLoss } from "./gpu_loss.ts";
import { examineReadBack } from "./gpu_read_back.ts";
import type { StartRuntime } from "./runtime.ts";
import { setBackend } from "./set_backend.ts";
import { pinFlags } from "./tfjs_flags.ts";
import { buildTfjsNetwork, readAsynchronously } from "./tfjs_network.ts";

/** tfjs on WebGPU. */
export const startTfjsWebgpu: StartRuntime = async (host) => {
  const { name, software } = await requestGpuAdapter("tfjs webgpu");
  const pinned = pinFlags({
    // All of a network is to run on the GPU; by default tfjs computes small operations on the CPU.
    WEBGPU_CPU_FORWARD: false,
    WEBGPU_USE_LOW_POWER_GPU: false,
    WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE: 15,
    WEBGPU_MATMUL_PROGRAM_TYPE: -1,
    WEBGPU_ENGINE_COMPILE_ONLY: false,
  });
  await setBackend("webgpu");
  const { device } = tf.backend() as WebGPUBackend;
  const { emptyMs, nudged, wait } = await examineReadBack(device, host.clock);
  return blameLoss({
    backend: `tfjs ${tf.version_core} webgpu, ${name}`.slice(0, 200),
    softwareAdapter: software,
    settings: { ...pinned, readBack: "data", readBackMs: emptyMs, readBackNudged: nudged },
    build: (network) => buildTfjsNetwork(network, { host, read: (output) => wait(readAsynchronously(output)) }),
    lost: device.lost.then(({ message }) => `the browser lost the GPU: ${message}`),
  });
};
