import { assertEquals, assertThrows } from "@std/assert";
import { controllers, createController } from "../../../search/controllers/table.ts";
import { type ControllerName, controllerNameSchema } from "../../../src/schemas/search_options.ts";
import { controllerContract, decisionsWith } from "../../contracts/controller_contract.ts";

for (const name of Object.keys(controllers) as ControllerName[]) {
  controllerContract(name, (options) => createController(name, options));
}

Deno.test("the table has the controllers that the command line offers", () => {
  assertEquals(Object.keys(controllers).sort(), controllerNameSchema.options.toSorted());
});

Deno.test("an unknown controller is refused with the names", () => {
  const create = (name: string) => createController(name as ControllerName, { decisions: decisionsWith([2]), seed: 1 });
  assertThrows(() => create("pp0"), RangeError, 'Unknown controller "pp0"; allowed are ppo, random');
  assertThrows(() => create("toString"), RangeError, 'Unknown controller "toString"');
});
