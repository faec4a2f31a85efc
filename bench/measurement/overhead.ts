// What the harness itself adds to its samples.
import { referenceNetworks } from "../../devices/references.ts";
import { type LoadRequest, PROTOCOL } from "../../src/schemas/measurement.ts";
import { runtime } from "./lab.ts";
import { student } from "./networks.ts";
import type { BesideBare } from "./overhead_page.ts";
import { type Row, shareLine } from "./row.ts";
import { median } from "./statistics.ts";

const scriptPath = "overhead_page.js";

async function bundle(): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", new URL("overhead_page.ts", import.meta.url).href],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${scriptPath}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

export const overhead: Row = async ({ lab, pieces }) => {
  const { source, input } = student(3);
  const request: LoadRequest = {
    protocol: PROTOCOL,
    runtime,
    profile: "standard",
    seed: 1,
    load: 0,
    loads: 1,
    networks: [...referenceNetworks, { source, input }],
  };
  const loads = await pieces.collect("overhead", 3, async () => {
    const script = await bundle();
    const { harnessMs, bareMs } = await lab.inPage(async (page) => {
      await page.route(`**/${scriptPath}`, (route) => route.fulfill({ contentType: "text/javascript", body: script }));
      return await page.evaluate(async ({ request, path }): Promise<BesideBare> => {
        const module = await import(new URL(path, location.href).href);
        return await module.measureBesideBare(request);
      }, { request, path: scriptPath });
    });
    return harnessMs.map((samplesMs, index) => median(samplesMs) / median(bareMs[index]) - 1);
  });
  const shares = request.networks.map((_network, index) => median(loads.map((load) => load[index])));
  const worst = shares.reduce((worst, share) => Math.abs(share) > Math.abs(worst) ? share : worst, 0);
  return [shareLine("what the harness adds to samples, beside bare loops in the same page", 0.005, worst, null)];
};
