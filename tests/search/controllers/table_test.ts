import { assert, assertEquals, assertThrows } from "@std/assert";
import * as z from "zod";
import {
  completeControllerOptions,
  controllers,
  createController,
  paperControllerOptions,
} from "../../../search/controllers/table.ts";
import { type ControllerName, controllerNameSchema } from "../../../src/schemas/search_options.ts";
import { controllerContract } from "../../contracts/controller_contract.ts";
import { decisionsWith } from "../../contracts/controller_play.ts";

const decisions = decisionsWith([2]);

for (const name of Object.keys(controllers) as ControllerName[]) {
  controllerContract(name, (options) => createController(name, options), { learns: name !== "random" });
}

Deno.test("the table has the controllers that the command line offers, each by its own name", () => {
  assertEquals(Object.keys(controllers).sort(), controllerNameSchema.options.toSorted());
  for (const [name, definition] of Object.entries(controllers)) {
    assertEquals(definition.name, name);
    assert(definition.summary.length > 0 && definition.paper.length > 0);
  }
});

Deno.test("every option of every controller has a default and says what it is", () => {
  for (const { name, options } of Object.values(controllers)) {
    assertEquals(completeControllerOptions(name), options.parse({}));
    for (const [option, schema] of Object.entries(options.shape as Record<string, z.ZodType>)) {
      assert(schema.safeParse(undefined).success, `${name} ${option}`);
      // A description may lie under the default.
      const inner = schema instanceof z.ZodDefault ? schema.unwrap() as z.ZodType : schema;
      assert(schema.description ?? inner.description, `${name} ${option}`);
    }
  }
});

Deno.test("an unknown controller is refused with the names", () => {
  const create = (name: string) => createController(name as ControllerName, { decisions, seed: 1 });
  const names = "ppo, reinforce, evolution, local, model, random";
  assertThrows(() => create("pp0"), RangeError, `Unknown controller "pp0"; allowed are ${names} - did you mean`);
  assertThrows(() => create("toString"), RangeError, 'Unknown controller "toString"');
});

Deno.test("an unknown option, or one out of range, is refused with what is allowed", () => {
  const create = (options: object) => createController("reinforce", { decisions, seed: 1, ...options });
  const names = "options of reinforce: learningRate, minibatch, entropyWeight";
  assertThrows(() => create({ epochs: 2 }), RangeError, 'Unrecognized key: "epochs"; ' + names);
  assertThrows(() => create({ learningRate: 0 }), RangeError, "learningRate: Too small");
  assertThrows(() => completeControllerOptions("random", { seed: 1 }), RangeError, "options of random: none");
});

Deno.test("options of the papers fit, and leave what they do not name at its default", () => {
  const ppo = completeControllerOptions("ppo", paperControllerOptions.ppo);
  assertEquals([ppo.hiddenSize, ppo.learningRate, ppo.entropyWeight, ppo.clipRange], [100, 3.5e-4, 1e-5, 0.2]);
  assertEquals([ppo.critic, ppo.rewards, ppo.baselineDecay, ppo.initialRange], [false, "plain", 0.95, 0.1]);
  const reinforce = completeControllerOptions("reinforce", paperControllerOptions.reinforce);
  assertEquals([reinforce.hiddenSize, reinforce.logitBound, reinforce.logitSlope], [64, 1.5, 1.5]);
  assertEquals([reinforce.learningRate, reinforce.entropyWeight, reinforce.baselineDecay], [1e-3, 1e-4, 0.99]);
  assertEquals(completeControllerOptions("evolution", paperControllerOptions.evolution), {
    population: 100,
    tournament: 25,
  });
  for (const [name, options] of Object.entries(paperControllerOptions)) {
    const controller = createController(name as ControllerName, { decisions, seed: 1, ...options });
    controller.tell(controller.ask(20).map((sample) => ({ sample, reward: sample.tokens[0] })));
  }
});
