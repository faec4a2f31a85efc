import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as z from "zod";
import { Adam, adamStateSchema } from "../../../search/controllers/adam.ts";

Deno.test("the first step of Adam is the learning rate against the gradient's sign", () => {
  const parameters = new Float64Array([1, 1, 1]);
  new Adam(3, 0.1).update(parameters, new Float64Array([4, -0.25, 0]));
  assertAlmostEquals(parameters[0], 0.9, 1e-8);
  assertAlmostEquals(parameters[1], 1.1, 1e-8);
  assertEquals(parameters[2], 1);
});

Deno.test("the second step of Adam has hand-computed moments", () => {
  const parameters = new Float64Array([0]);
  const adam = new Adam(1, 0.1);
  adam.update(parameters, new Float64Array([1]));
  adam.update(parameters, new Float64Array([3]));
  // mean (0.9 * 0.1 + 0.1 * 3) / 0.19 and mean square (0.999 * 0.001 + 0.001 * 9) / 0.001999
  const step = 0.1 * (0.39 / 0.19) / Math.sqrt(0.009999 / 0.001999);
  assertAlmostEquals(parameters[0], -0.1 - step, 1e-8);
});

Deno.test("a restored Adam goes on as the first", () => {
  const [gradient, adam] = [new Float64Array([0.3, -7]), new Adam(2, 0.1)];
  const parameters = new Float64Array([1, 2]);
  adam.update(parameters, gradient);
  const copy = new Adam(2, 0.1);
  copy.restore(adamStateSchema(2).parse(JSON.parse(JSON.stringify(adam.snapshot()))));
  const parametersOfCopy = parameters.slice();
  for (let step = 0; step < 3; step++) {
    adam.update(parameters, gradient);
    copy.update(parametersOfCopy, gradient);
  }
  assertEquals(parametersOfCopy, parameters);
});

Deno.test("the state of an Adam of another number of parameters is refused", () => {
  assertThrows(() => adamStateSchema(2).parse(new Adam(3, 0.1).snapshot()), z.ZodError, "24 bytes");
});
