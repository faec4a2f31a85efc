// What the harness itself adds to its samples: its blocks around a network that does nothing, in the same browser, beside
// the time of the shortest network that it times.
import { blockMs } from "../../devices/protocol/profiles.ts";
import { runsPerBlock } from "../../devices/protocol/blocks.ts";
import { twin } from "./networks.ts";
import { type Row, shareLine } from "./row.ts";
import { median } from "./statistics.ts";

const scriptPath = "overhead_page.js";
/** Of an isolated page of Chromium. */
const tickMs = 0.005;

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
  const [shortest] = await pieces.collect("overhead, shortest network", 1, async () => {
    const { models: [{ medianMs }] } = await lab.session([twin({ planted: false })], "fast");
    return medianMs;
  });
  const runs = runsPerBlock(shortest, tickMs);
  const pages = await pieces.collect("overhead, empty blocks", 3, async () => {
    const script = await bundle();
    return await lab.inPage(async (page) => {
      await page.route(`**/${scriptPath}`, (route) => route.fulfill({ contentType: "text/javascript", body: script }));
      return await page.evaluate(async ({ runs, path }): Promise<number[]> => {
        const module = await import(new URL(path, location.href).href);
        return await module.measureEmptyBlocks(runs);
      }, { runs, path: scriptPath });
    });
  });
  const addedMs = median(pages.map((samplesMs) => median(samplesMs)));
  return [
    shareLine(
      `what the harness adds to a sample of ${shortest.toFixed(2)} ms (${runs} inferences in ${blockMs(tickMs)} ms)`,
      0.005,
      addedMs / shortest,
      null,
    ),
    {
      figure: "the same in microseconds per inference",
      aim: "",
      nacre: (addedMs * 1000).toFixed(2),
      usual: "",
      met: null,
    },
  ];
};
