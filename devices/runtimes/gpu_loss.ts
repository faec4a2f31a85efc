import type { StartedRuntime } from "./runtime.ts";

/** How long after a failed inference the browser may take to say that the GPU is gone. */
const graceMs = 500;

/**
 * The same runtime, but an inference that fails because the GPU was lost says so and fails after `lost` has settled: it is not
 * the network's fault.
 */
export function blameLoss(runtime: StartedRuntime & { lost: Promise<string> }): StartedRuntime {
  let reason: string | undefined;
  const noted = runtime.lost.then((said) => void (reason = said));

  async function lossBehind(error: unknown): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([noted, new Promise((resolve) => timer = setTimeout(resolve, graceMs))]);
    clearTimeout(timer);
    return reason === undefined ? error : new Error(reason);
  }

  return {
    ...runtime,
    async build(network) {
      const running = await runtime.build(network).catch(async (error) => {
        throw await lossBehind(error);
      });
      return {
        ...running,
        async infer() {
          try {
            return await running.infer();
          } catch (error) {
            throw await lossBehind(error);
          }
        },
      };
    },
  };
}
