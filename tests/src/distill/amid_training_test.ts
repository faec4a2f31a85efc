import { assertEquals, assertRejects } from "@std/assert";
import { amidTraining, isMisfit } from "../../../src/distill/amid_training.ts";

Deno.test("a RangeError is of the call before the first step, and of the training after it", async () => {
  const told: number[][] = [];
  const failing = (steps: number, error: Error) =>
    amidTraining((step, all) => told.push([step, all]), (onStep) => {
      for (let step = 1; step <= steps; step++) onStep(step, 4);
      return Promise.reject(error);
    });
  const error = new RangeError("too large");
  assertEquals(await assertRejects(() => failing(0, error)), error);
  const late = await assertRejects(() => failing(2, error)) as Error;
  assertEquals([late instanceof RangeError, late.message, late.cause], [false, "too large", error]);
  const other = new TypeError("broken");
  assertEquals(await assertRejects(() => failing(1, other)), other);
  assertEquals(told, [[1, 4], [2, 4], [1, 4]]);
  assertEquals(await amidTraining(undefined, (onStep) => Promise.resolve(onStep(1, 1))), undefined);
});

Deno.test("what the JavaScript engine has no room for is no misfit", () => {
  const thrown: unknown[] = [];
  const deeper = (): number => 1 + deeper();
  for (
    const failing of [() => new Float32Array(2 ** 53), () => new Array(-1), () => new ArrayBuffer(2 ** 52), deeper]
  ) {
    try {
      failing();
    } catch (error) {
      thrown.push(error);
    }
  }
  assertEquals(thrown.map((error) => [error instanceof RangeError, isMisfit(error)]), Array(4).fill([true, false]));
  assertEquals([new RangeError("--epochs is 0"), new Error("diverged")].map(isMisfit), [true, false]);
});
