// The quiet process that times networks on this machine. See serve_lines.ts for how it is spoken to.
import { measureJobSchema } from "../src/schemas/measurement.ts";
import { measure } from "./protocol/measure.ts";
import { startTfjsWasm } from "./runtimes/tfjs_wasm.ts";
import { serveLines } from "./serve_lines.ts";

const environment = {
  clock: () => performance.now(),
  rest: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
};

const runtime = await startTfjsWasm();
await serveLines((message) => measure(measureJobSchema.parse(message), runtime, environment));
