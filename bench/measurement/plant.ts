// A network that is slower than it was, by work that the page really does: the page's runtime is fetched through a module
// that burns time before each inference of one network. The product knows nothing of it.
import type { Page } from "playwright-core";
import { plantedSeed } from "./networks.ts";

/** What is added to each inference, over what it takes. */
export const plantedShare = 0.05;

// The work is a loop of square roots, its length set by what the inferences and the loop take just now: the clock ticks
// every 5 us, about as long as what is to be burnt. The few calls that set it take long and are outliers to a median;
// at first there are more of them, since a page that has just been loaded runs the loop slowly.
const wrapper = `
import { start as real } from "./tfjs.js?real";
const setEvery = 1000, setOftenUntil = 4000, setOftenEvery = 200, batches = 15, inferencesPerBatch = 10, trialSteps = 20000;
let root = 2;
function burn(steps) {
  for (let step = 0; step < steps; step++) root = Math.sqrt(root + step);
}
function middle(values) {
  return values.sort((a, b) => a - b)[values.length >> 1];
}
export const start = {
  ...real,
  async "tfjs-wasm"(host) {
    const runtime = await real["tfjs-wasm"](host);
    return {
      ...runtime,
      async build(network) {
        const running = await runtime.build(network);
        if (network.source.seed !== ${plantedSeed}) return running;
        let calls = 0, steps = 0;
        async function setSteps() {
          const inferences = [], loops = [];
          for (let batch = 0; batch < batches; batch++) {
            const startMs = performance.now();
            for (let run = 0; run < inferencesPerBatch; run++) await running.infer();
            const betweenMs = performance.now();
            burn(trialSteps);
            inferences.push((betweenMs - startMs) / inferencesPerBatch);
            loops.push((performance.now() - betweenMs) / trialSteps);
          }
          steps = Math.round(${plantedShare} * middle(inferences) / middle(loops));
          return await running.infer();
        }
        return {
          cold: running.cold,
          dispose: () => running.dispose(),
          infer() {
            const every = calls < setOftenUntil ? setOftenEvery : setEvery;
            if (calls++ % every === 0) return setSteps();
            burn(steps);
            return running.infer();
          },
        };
      },
    };
  },
};
`;

const pattern = /\/runtimes\/tfjs\.js$/;

/** From now on what `page` fetches as its runtime slows the planted network down. */
export async function plant(page: Page): Promise<void> {
  await page.route(pattern, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: wrapper });
  });
}

/** Undoes `plant`. */
export async function unplant(page: Page): Promise<void> {
  await page.unroute(pattern);
}
