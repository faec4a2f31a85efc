import { assert, assertEquals } from "@std/assert";
import { examineReadBack } from "../../../devices/runtimes/gpu_read_back.ts";

/** A device with a clock of its own: results come `delayMs` late, or at the first submission after `doneMs`. */
function fakeDevice({ delayMs, doneMs }: { delayMs: number; doneMs: number }) {
  const clock = { ms: 0 };
  let submissions = 0;
  let waiting: { doneAtMs: number; resolve: (value: string) => void } | undefined;
  const queue = {
    submit(commands: unknown[]) {
      if (commands.length === 0) submissions++;
      if (waiting && clock.ms >= waiting.doneAtMs) waiting.resolve("done");
    },
  };
  const buffer = { mapAsync: () => Promise.resolve(void (clock.ms += delayMs)), unmap() {}, destroy() {} };
  const device = {
    queue,
    createBuffer: () => buffer,
    createCommandEncoder: () => ({ copyBufferToBuffer() {}, finish: () => ({}) }),
  } as unknown as GPUDevice;
  return {
    device,
    clock: () => clock.ms += 0.02,
    submissions: () => submissions,
    result: () => new Promise<string>((resolve) => waiting = { doneAtMs: clock.ms + doneMs, resolve }),
    now: () => clock.ms,
  };
}

Deno.test("where a read-back is prompt, results are simply waited for", async () => {
  const fake = fakeDevice({ delayMs: 0.3, doneMs: 0 });
  const { emptyMs, nudged, wait } = await examineReadBack(fake.device, fake.clock);
  assert(emptyMs > 0.3 && emptyMs < 0.4);
  assertEquals(nudged, false);
  const result = Promise.resolve(5);
  assertEquals(wait(result), result);
  assertEquals(fake.submissions(), 0);
});

Deno.test("where the browser looks every 100 ms only, empty submissions bring the result when it is done", async () => {
  const fake = fakeDevice({ delayMs: 100, doneMs: 8 });
  const { emptyMs, nudged, wait } = await examineReadBack(fake.device, fake.clock);
  assert(emptyMs >= 100 && nudged);
  const startMs = fake.now();
  assertEquals(await wait(fake.result()), "done");
  const tookMs = fake.now() - startMs;
  assert(tookMs >= 8 && tookMs < 8 * 1.05 + 0.1, `took ${tookMs} ms`);
  // A slow GPU is not buried under them.
  assert(fake.submissions() < 170, `${fake.submissions()} submissions`);
  const failed = wait(Promise.reject(new Error("lost"))).then(() => "no error", (error: Error) => error.message);
  assertEquals(await failed, "lost");
});
