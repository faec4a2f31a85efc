import * as tf from "@tensorflow/tfjs";
import { blameLoss } from "./gpu_loss.ts";
import type { StartRuntime } from "./runtime.ts";
import { setBackend } from "./set_backend.ts";
import { isSoftwareAdapter } from "./software_adapter.ts";
import { pinFlags } from "./tfjs_flags.ts";
import { buildTfjsNetwork } from "./tfjs_network.ts";

/** The part of tfjs' WebGL backend that its package does not export types for. */
interface WebglBackend {
  gpgpu: { gl: WebGL2RenderingContext };
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

// The asynchronous way polls a fence by timers, which adds milliseconds that are not the network's.
function readSynchronously(output: tf.Tensor, gl: WebGL2RenderingContext): Promise<ArrayLike<number>> {
  const values = output.dataSync<"float32" | "int32" | "bool">();
  // Without it everything computes nothing, at once and without an error.
  if (gl.isContextLost()) throw new Error("the WebGL context is lost");
  return Promise.resolve(values);
}

/** tfjs on WebGL. */
export const startTfjsWebgl: StartRuntime = async (host) => {
  const pinned = pinFlags({
    // All of a network is to run on the GPU; by default tfjs computes small operations on the CPU.
    WEBGL_CPU_FORWARD: false,
    WEBGL_PACK: true,
    WEBGL_LAZILY_UNPACK: true,
    WEBGL_CONV_IM2COL: true,
    WEBGL_EXP_CONV: false,
    WEBGL_USE_SHAPES_UNIFORMS: false,
    WEBGL_FORCE_F16_TEXTURES: false,
    // Textures are kept for the next inference.
    WEBGL_DELETE_TEXTURE_THRESHOLD: -1,
    WEBGL_FLUSH_THRESHOLD: -1,
  });
  await setBackend("webgl");
  const { gl } = (tf.backend() as unknown as WebglBackend).gpgpu;
  const renderer = rendererOf(gl);
  const bits = tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") ? 32 : 16;
  const version = tf.env().getNumber("WEBGL_VERSION");
  return blameLoss({
    backend: `tfjs ${tf.version_core} webgl ${version}, ${bits} bit, ${renderer}`.slice(0, 200),
    softwareAdapter: isSoftwareAdapter(renderer),
    settings: { ...pinned, WEBGL_VERSION: version, WEBGL_RENDER_FLOAT32_ENABLED: bits === 32, readBack: "dataSync" },
    build: (network) => buildTfjsNetwork(network, { host, read: (output) => readSynchronously(output, gl) }),
    lost: new Promise((resolve) =>
      gl.canvas.addEventListener("webglcontextlost", () => resolve("the browser took the WebGL context away"), {
        once: true,
      })
    ),
  });
};
