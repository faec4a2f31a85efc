import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { distillerOf, optionsOf } from "../../../bench/distillation_tasks/methods.ts";
import { groupsOf, planTrainings, scaled } from "../../../bench/distillation_tasks/plan.ts";
import { settingNames, settingOf } from "../../../bench/distillation_tasks/settings.ts";
import { taskOf } from "../../../src/tasks/table.ts";

const data = { mnist: "a", "fashion-mnist": "b" };
const plan = planTrainings(settingNames, { data, seeds: 2, share: 1 });
const keysOf = (trainings: typeof plan) => trainings.map(({ key }) => key);

Deno.test("every claim compares two rows of its setting, and every method is for the setting's task", () => {
  for (const name of settingNames) {
    const setting = settingOf(name);
    const rows = setting.rows.map(({ name }) => name);
    assertEquals(new Set(rows).size, rows.length);
    for (const { row, than } of setting.claims) assert(rows.includes(row) && rows.includes(than), `${row} > ${than}`);
    const task = setting.type === "task" ? taskOf(setting.task).name : "classification";
    for (const row of setting.rows) {
      const { tasks, teachers } = distillerOf(row);
      assert(tasks.includes(task), `${row.name} for ${task}`);
      assert(teachers.least <= 1 && optionsOf(row), row.name);
    }
    assertEquals(setting.rows[0].method, "none");
  }
});

Deno.test("the plan goes seed by seed, and every training has a key of its own", () => {
  assertEquals(plan.map(({ seed }) => seed), plan.map(({ seed }) => seed).sort());
  assertEquals(new Set(keysOf(plan)).size, plan.length);
  assertEquals(
    keysOf(planTrainings(settingNames, { data, seeds: 1, share: 1 })),
    keysOf(plan).slice(0, plan.length / 2),
  );
  const groups = groupsOf(plan);
  assertEquals(groups.length, 2 * settingNames.length);
  assertEquals(groups.flat(), plan);
});

Deno.test("a key changes with sizes, and that of a transfer with the data sets", () => {
  const smaller = keysOf(planTrainings(settingNames, { data, seeds: 2, share: 0.5 }));
  const other = planTrainings(settingNames, { data: { ...data, mnist: "c" }, seeds: 2, share: 1 });
  for (const [index, { key, setting }] of plan.entries()) {
    assertNotEquals(smaller[index], key);
    (/digits/.test(setting) ? assertNotEquals : assertEquals)(other[index].key, key);
  }
});

Deno.test("a share leaves at least two batches and an epoch", () => {
  const { sizes } = settingOf("detection");
  assertEquals(scaled(sizes, 1), sizes);
  const tiny = scaled(sizes, 1e-6);
  assertEquals([tiny.trainImages, tiny.teacherImages, tiny.epochs, tiny.teacherEpochs], [64, 64, 1, 1]);
});
