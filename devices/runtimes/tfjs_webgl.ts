import * as tf from "@tensorflow/tfjs";
import type { StartedRuntime } from "./runtime.ts";
import { setBackend } from "./set_backend.ts";
import { isSoftwareAdapter } from "./software_adapter.ts";

/** The part of tfjs' WebGL backend that its package does not export types for. */
interface WebglBackend {
  gpgpu: { gl: WebGL2RenderingContext };
}

function rendererOf(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/** tfjs on WebGL. */
export async function startTfjsWebgl(): Promise<StartedRuntime> {
  await setBackend("webgl");
  const { gl } = (tf.backend() as unknown as WebglBackend).gpgpu;
  const renderer = rendererOf(gl);
  const bits = tf.env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") ? 32 : 16;
  return {
    backend: `tfjs ${tf.version_core} webgl ${tf.env().getNumber("WEBGL_VERSION")}, ${bits} bit, ${renderer}`.slice(
      0,
      200,
    ),
    softwareAdapter: isSoftwareAdapter(renderer),
    // The asynchronous way polls a fence by timers, which adds milliseconds that are not the network's.
    read: (logits) => Promise.resolve(logits.dataSync<"float32">()),
    lost: new Promise((resolve) =>
      gl.canvas.addEventListener("webglcontextlost", () => resolve("the browser took the WebGL context away"), {
        once: true,
      })
    ),
  };
}
