// Whole runs with teachers that trainers open by themselves: real trainers on a few images of MNIST, a made-up device.
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { RunEvent } from "../../search/events.ts";
import { OutsideFaultError } from "../../search/outside_fault.ts";
import { runSearch } from "../../search/run.ts";
import { reportedTeachers } from "../../search/reported_teachers.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { prepareDataset } from "../../src/data/table.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/export/safetensors.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { madeUpDevice } from "./measurements.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

async function search(
  run: string,
  options: Record<string, unknown>,
  { onEvent, signal }: { onEvent?: (event: RunEvent) => void; signal?: AbortSignal } = {},
): Promise<string[]> {
  const parsed = searchOptionsSchema.parse({
    ...{ run, dataDir, dataset: "mnist", trials: 2, trainImages: 64, epochs: 1, batchSize: 32, views: 1 },
    ...{ validationImages: 100, finalTop: 0, trainers: 2, device: ["here=100"] },
    ...{ teacherTrainImages: 256, teacherEpochs: 1 },
    ...options,
  });
  const notes: string[] = [];
  await runSearch(resolveRunConfig(parsed, { cores: 2 }), {
    signal,
    onEvent(event) {
      if (event.type === "note") notes.push(event.message);
      onEvent?.(event);
    },
    openDevices: () =>
      Promise.resolve({ devices: [madeUpDevice("here", { local: true })], close: () => Promise.resolve() }),
  });
  return notes;
}

function stored(run: string) {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return { trials: store.trials("search"), teachers: reportedTeachers(store) };
}

const files = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("a method that asks for more than logits is trained by trainers that open the teacher themselves", async () => {
  await search("gradients", { distiller: "attention-gradient" });
  const { trials } = stored("gradients");
  assertEquals(trials.map(({ state }) => state), ["completed", "completed"]);
  // The teacher of one search is that of the next one with other methods.
  const teachers = files(`${dataDir}/cache/teachers`);
  const notes = await search("plain", { distiller: "kd" });
  assertEquals(files(`${dataDir}/cache/teachers`), teachers);
  assertStringIncludes(notes.join("\n"), "from the cache");
});

Deno.test("a teacher of the user's is opened by trainers, scored, and remembered by what it is", async () => {
  const [name] = files(`${dataDir}/cache/teachers`).filter((name) => name.endsWith(".safetensors"));
  const mine = `${dataDir}/mine.safetensors`;
  await Deno.copyFile(`${dataDir}/cache/teachers/${name}`, mine);
  const notes = await search("given", { distiller: "kd", teacher: [mine] });
  const { teachers: [teacher], trials } = stored("given");
  assertEquals(trials.map(({ state }) => state), ["completed", "completed"]);
  assertEquals(teacher.name, "mine.safetensors");
  assertStringIncludes(notes.join("\n"), "Teacher: mine.safetensors, ");
  // The same network in the user's hands teaches the same.
  const { trials: automatic, teachers: [other] } = stored("plain");
  assertAlmostEquals(teacher.accuracy ?? NaN, other.accuracy ?? NaN, 1e-9);
  assertEquals(trials.map(({ accuracy }) => accuracy), automatic.map(({ accuracy }) => accuracy));
  const mixedUp = await search("mixed-up", { trials: 1, teacher: [mine], teacherClasses: "1,2,3,4,5,6,7,8,9,0" });
  assertStringIncludes(mixedUp.join("\n"), "Warning: the teacher mine.safetensors scores ");
});

Deno.test("a run whose teacher is shown its images otherwise than before does not go on, and says so", async () => {
  const mine = `${dataDir}/mine.safetensors`;
  const options = { distiller: "kd", teacher: [mine] };
  const abort = new AbortController();
  const onEvent = (event: RunEvent) => {
    if (event.type === "note" && event.message.startsWith("Teacher: ")) abort.abort();
  };
  await search("shown", options, { onEvent, signal: abort.signal }).catch(() => {});
  assert(abort.signal.aborted);
  const before = await Deno.readFile(mine);
  const { architecture, weights } = decodeSafetensors(before, mine);
  const normalisation = { mean: [0], deviation: [1] };
  await Deno.writeFile(mine, encodeSafetensors(architecture, weights, { normalisation }));
  await assertRejects(
    () => search("shown", options),
    Error,
    `run "shown" was made with another teacher than ${mine} now is, or its images are normalised otherwise than then`,
  );
  await Deno.writeFile(mine, before);
  await search("shown", options);
  assertEquals(stored("shown").trials.map(({ state }) => state), ["completed", "completed"]);
});

Deno.test("a teacher that cannot be opened, or does not suit the method, stops the search in one line", async () => {
  const refusal = async (run: string, options: Record<string, unknown>) => {
    const { message } = await assertRejects(() => search(run, options), UsageError) as Error;
    assert(!message.includes("\n"), message);
    return message;
  };
  assertStringIncludes(await refusal("absent", { teacher: [`${dataDir}/absent.onnx`] }), "absent.onnx: no such file");
  assertStringIncludes(await refusal("two", { teachers: 2 }), "kd takes 1 teacher, got 2");
  assertStringIncludes(await refusal("both", { teacher: ["auto", "x.onnx"] }), "not both");
  assertStringIncludes(await refusal("unknown", { distiller: "kdd" }), 'unknown method "kdd"');
  assertStringIncludes(
    await refusal("all", { distiller: "noisy-student", trainImages: 7900 }),
    "noisy-student learns from training images that no student sees the labels of, but students learn from all 7900",
  );
  const sample = { finalTop: 0, finalSample: 1, finalEpochs: 3 };
  assertStringIncludes(
    await refusal("sample", { distiller: "noisy-student", ...sample, finalTrainImages: 7900 }),
    "but students learn from all 7900",
  );
  // A table has a row for every image that the dataset has for training.
  const { dataset } = await prepareDataset("mnist", { cacheDir: `${dataDir}/cache` });
  const table = `${dataDir}/table.npy`;
  const shape = `(${dataset.train.count}, 10)`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117) + "\n";
  const bytes = new Uint8Array(10 + header.length + dataset.train.count * 10 * 4);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0]);
  bytes.set(new TextEncoder().encode(header), 10);
  await Deno.writeFile(table, bytes);
  const message = await refusal("table", { distiller: "attention-gradient", teacher: [table] });
  assertStringIncludes(
    message,
    "attention-gradient needs imageGradient of its teacher, but table.npy gives logits only",
  );
  assertStringIncludes(message, "methods that work with it: kd");
  assertStringIncludes(
    await refusal("views", { teacher: [table], views: 3, epochs: 3 }),
    "table.npy knows the images as they are only, and the training would see 3",
  );
  assertStringIncludes(
    await refusal("sampled-views", { teacher: [table], views: 3, ...sample }),
    "table.npy knows the images as they are only, and the training would see 3",
  );
});

Deno.test("a trainer that dies with a teacher, automatic or given, stops the run, which stays and goes on", async () => {
  const dying = `${dataDir}/dying`;
  await Deno.writeTextFile(dying, "#!/bin/sh\necho out of memory >&2\nexit 1\n", { mode: 0o755 });
  const { execPath } = Deno;
  for (const options of [{ teacherEpochs: 2 }, { teacher: [`${dataDir}/mine.safetensors`] }]) {
    const run = `dying-${Object.keys(options)}`;
    Deno.execPath = () => dying;
    try {
      const message = "the trainer died twice: out of memory";
      await assertRejects(() => search(run, { distiller: "kd", ...options }), OutsideFaultError, message);
    } finally {
      Deno.execPath = execPath;
    }
    await search(run, { distiller: "kd", ...options });
    assertEquals(stored(run).trials.map(({ state }) => state), ["completed", "completed"]);
  }
});

Deno.test("an abort while the teacher trains, or answers, ends the search with the signal's own reason", async () => {
  // A teacher of its own.
  const options = { dataSeed: 3, distiller: "kd" };
  for (const during of ["teacher", "logits"]) {
    const abort = new AbortController();
    const reason = { stopped: during };
    let phase = "";
    const onEvent = (event: RunEvent) => {
      if (event.type === "phase") phase = event.phase;
      // Its trainer is amid its work then.
      const isAtWork = event.type === "trainer" && event.activity !== "idle" || event.type === "progress";
      if (phase === during && isAtWork) abort.abort(reason);
    };
    const error = await search("aborted", options, { onEvent, signal: abort.signal }).catch((error) => error);
    assertStrictEquals(error, reason);
    assertEquals(phase, during);
  }
  await search("aborted", options);
  assertEquals(stored("aborted").trials.map(({ state }) => state), ["completed", "completed"]);
});

/** When each file below the cache was written, in milliseconds. */
function writtenMs(part: string): Map<string, number> {
  const times = new Map<string, number>();
  const look = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) look(`${folder}/${name}`);
      else times.set(`${folder}/${name}`, Number(Deno.statSync(`${folder}/${name}`).mtime));
    }
  };
  look(`${dataDir}/cache/${part}`);
  return times;
}

const since = (times: Map<string, number>, startMs: number) => [...times].filter(([, ms]) => ms >= startMs);

Deno.test("a search that asks for it makes anew what is kept of its teacher, once, whoever trained it", async () => {
  const startMs = Date.now();
  const notes = await search("renewed", { freshTeacher: true });
  assertStringIncludes(notes.join("\n"), "trained in");
  assertEquals(since(writtenMs("teachers"), startMs).length, 2);
  const logits = since(writtenMs("logits"), startMs);
  assertEquals(logits.length, 1);
  const [name] = files(`${dataDir}/cache/teachers`).filter((name) => name.endsWith(".safetensors"));
  const mine = `${dataDir}/mine.safetensors`;
  await Deno.copyFile(`${dataDir}/cache/teachers/${name}`, mine);
  // Two trainers share what they are given anew.
  const givenMs = Date.now();
  await search("given-renewed", { teacher: [mine], freshTeacher: true });
  assertEquals(since(writtenMs("teachers"), givenMs), []);
  assertEquals(since(writtenMs("logits"), givenMs).length, 1);
  assertEquals(
    stored("given-renewed").trials.map(({ accuracy }) => accuracy),
    stored("renewed").trials.map(({ accuracy }) => accuracy),
  );
  // And students the networks that their method keeps.
  await search("short", { distiller: "early-stopped", epochs: 2 });
  const networks = writtenMs("networks");
  const networksMs = Date.now();
  await search("short-renewed", { distiller: "early-stopped", epochs: 2, freshTeacher: true });
  const renewed = since(writtenMs("networks"), networksMs).filter(([file]) => file.endsWith(".safetensors"));
  assertEquals([renewed.length, writtenMs("networks").size], [1, networks.size]);
});
