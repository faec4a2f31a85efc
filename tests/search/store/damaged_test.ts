import { DatabaseSync } from "node:sqlite";
import { assertEquals, assertThrows } from "@std/assert";
import { RunStore } from "../../../search/store/run_store.ts";
import { resolveRunConfig } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { madeUpTrial } from "../made_up_trials.ts";

Deno.test("what is damaged in a store is told in one line, with the run and the place", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nacre-" });
  const file = `${folder}/run.sqlite`;
  try {
    {
      using store = new RunStore(file);
      store.set("config", resolveRunConfig(searchOptionsSchema.parse({}), { cores: 1 }));
      store.set("targets", [{ device: "here", targetMs: 1, weight: 1 }]);
      store.saveController({ batch: 2, told: true, snapshot: { controller: "ppo" } }, [madeUpTrial(1, 0.5, 1)], {
        loss: 1,
        // No number in JSON.
        none: NaN,
      });
    }
    const cases: [sql: string, read: (store: RunStore) => unknown, what: string][] = [
      ["UPDATE meta SET value = '5' WHERE key = 'config'", (store) => store.get("config"), "config"],
      ["UPDATE meta SET value = '{\"trials\":3}' WHERE key = 'config'", (store) => store.get("config"), "config"],
      ["UPDATE meta SET value = '[{}]' WHERE key = 'targets'", (store) => store.get("targets"), "targets"],
      ["UPDATE meta SET value = '{' WHERE key = 'targets'", (store) => store.get("targets"), "targets"],
      ["UPDATE updates SET json = 'x'", (store) => store.updates(), "what the controller learned of batch 2"],
      ["UPDATE updates SET json = '[1]'", (store) => store.updates(), "what the controller learned of batch 2"],
      ["UPDATE controller SET json = '{}'", (store) => store.controllerState(), "the controller's state"],
      ["UPDATE trials SET json = '{}'", (store) => store.trials("search"), "trial 1"],
    ];
    for (const [sql, read, what] of cases) {
      const damaged = `${folder}/damaged.sqlite`;
      Deno.copyFileSync(file, damaged);
      {
        using whole = new RunStore(damaged);
        read(whole);
      }
      const database = new DatabaseSync(damaged);
      database.exec(sql);
      database.close();
      using store = new RunStore(damaged);
      const { message } = assertThrows(() => read(store), Error);
      const [line, ...others] = message.split("\n");
      const start = `run "${folder.split("/").at(-1)}": ${what} in its store is damaged: `;
      assertEquals([line.slice(0, start.length), others], [start, []]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
