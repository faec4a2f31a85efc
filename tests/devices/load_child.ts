// Stands in for devices/local_child.ts in the tests of devices/local_load.ts: does what the seed of the request says.
import { serveLines } from "../../devices/serve_lines.ts";
import type { LoadRequest } from "../../src/schemas/measurement.ts";
import { loadReport, orders, rounds } from "./load_report.ts";

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

await serveLines(async (message, tell) => {
  const { request, files } = message as { request: LoadRequest; files: [string, string][] };
  await tell({ activity: "warming up" });
  await tell({ rounds: rounds.slice(0, 1) });
  const [, marker] = files[0];
  const diesOnce = request.seed === orders.dieOnce && !exists(marker);
  if (diesOnce) Deno.writeTextFileSync(marker, "");
  if (diesOnce || request.seed === orders.die) Deno.exit(7);
  if (request.seed === orders.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  if (request.seed === orders.fail) throw new Error("no such kernel");
  // Longer than the silence that the tests allow, but not silent.
  for (let beat = 0; request.seed === orders.measure && beat < 8; beat++) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await tell({ rounds: [] });
  }
  await tell({ rounds: rounds.slice(1) });
  return request.seed === orders.lie ? { ...loadReport, rounds: -1 } : loadReport;
});
