// `measure` and `devices` as their users run them.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { tinyArchitecture } from "../tiny_architecture.ts";

const root = new URL("../../../", import.meta.url);

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(script: string, ...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", script, ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const measure = (...args: string[]) => run("devices/measure/main.ts", ...args);
const devices = (...args: string[]) => run("devices/main.ts", ...args);

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("wrong usage is one line and exit code 2", async () => {
  for (
    const [ended, message] of [
      [await measure(), "--model: is needed"],
      [await measure("--model", "m.json", "--csv", "/nowhere/s.csv"), "--csv: cannot write /nowhere/s.csv"],
      [await devices("--list", "--approve", "123456"), "--list: does not go together with --approve"],
    ] as const
  ) {
    assertEquals(ended.code, 2);
    assertEquals(ended.stdout, "");
    assertMatch(ended.stderr, /^[^\n]+\n$/);
    assertStringIncludes(ended.stderr, message);
  }
});

Deno.test("a model is never overwritten by samples, nor is a file before there is something to write", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/tiny.json`;
    await Deno.writeTextFile(model, JSON.stringify(tinyArchitecture));
    const { code, stderr } = await measure("--model", model, "--csv", model);
    assertEquals([code, stderr], [2, `--csv: cannot write ${model}: it is one of the models\n`]);
    assertEquals(await Deno.readTextFile(model), JSON.stringify(tinyArchitecture));
    const csv = `${folder}/samples.csv`;
    await Deno.writeTextFile(csv, "older");
    assertEquals((await measure("--model", `${folder}/none.json`, "--csv", csv, "--data-dir", folder)).code, 1);
    assertEquals(await Deno.readTextFile(csv), "older");
  });
});

Deno.test("help tells of every option", async () => {
  const { code, stdout } = await measure("--help");
  assertEquals(code, 0);
  for (const flag of ["--model", "--device", "--runtime", "--profile", "--csv", "--lan", "--json"]) {
    assertStringIncludes(stdout, `  ${flag}`);
  }
  assertStringIncludes((await devices("--help")).stdout, "--revoke NAME");
});

Deno.test("two models on this machine, and one that cannot be read: figures, samples, and exit code 1", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/tiny.json`;
    const twin = `${folder}/twin.json`;
    for (const path of [model, twin]) await Deno.writeTextFile(path, JSON.stringify(tinyArchitecture));
    await Deno.writeTextFile(`${folder}/broken.json`, '{"a": 1}');
    const csv = `${folder}/samples.csv`;
    const { code, stderr, stdout } = await measure(
      ...[model, twin, `${folder}/broken.json`].flatMap((path) => ["--model", path]),
      ...["--profile", "fast", "--data-dir", `${folder}/data`, "--csv", csv, "--json"],
    );
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "broken.json is JSON, but neither an architecture nor a TF.js model\n");
    assertMatch(stderr, /here \(tfjs-wasm\): page load 1 of 1, /);
    const result = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    assertEquals(result.measurements.map(({ model }: { model: string }) => model), ["tiny", "twin"]);
    const [tiny] = result.measurements;
    assertEquals([tiny.device, tiny.runtime, tiny.profile, tiny.protocol], ["here", "tfjs-wasm", "fast", "nacre/1"]);
    for (const key of ["medianMs", "latencyMs", "p90Ms", "ciLowMs", "ciHighMs", "ratio", "ratioLow", "ratioHigh"]) {
      assert(Number.isFinite(tiny[key]) && tiny[key] > 0, key);
    }
    assert(tiny.ratioLow <= tiny.ratio && tiny.ratio <= tiny.ratioHigh);
    assertEquals(result.errors.map(({ device }: { device: string }) => device), ["here"]);
    const lines = (await Deno.readTextFile(csv)).trimEnd().split("\n");
    assertEquals(lines.length, 1 + tiny.samples + result.measurements[1].samples);
  });
});

Deno.test("Ctrl-C ends a measurement with exit code 130", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/tiny.json`;
    await Deno.writeTextFile(model, JSON.stringify(tinyArchitecture));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", "devices/measure/main.ts", "--model", model, "--data-dir", folder],
      cwd: root,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let text = "";
    let interrupted = false;
    for await (const part of process.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (interrupted || !text.includes("page load 1")) continue;
      interrupted = true;
      process.kill("SIGINT");
    }
    assertEquals((await process.status).code, 130, text);
    assert(text.endsWith("Stopped.\n"), text);
  });
});

Deno.test("devices: the first line of JSON holds the link; others attach, list and revoke; Ctrl-C is 130", async () => {
  await withFolder(async (folder) => {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--quiet", "devices/main.ts", "--json", "--port", "0", "--data-dir", folder],
      cwd: root,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { url, pairingUrl } = JSON.parse((await reader.read()).value ?? "");
    assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assertMatch(pairingUrl, /^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}&ask$/);
    assertEquals(await devices("--list", "--json", "--data-dir", folder), {
      code: 0,
      stdout: '{"devices":[]}\n',
      stderr: "",
    });
    const revoked = await devices("--revoke", "phone", "--data-dir", folder);
    assertEquals([revoked.code, revoked.stdout], [1, 'no browser is paired as "phone"\n']);
    const approved = await devices("--approve", "123456", "--data-dir", folder);
    assertEquals([approved.code, approved.stdout], [1, "no browser that shows 123456 waits\n"]);
    const lan = await devices("--lan", "--data-dir", folder);
    assertEquals(lan.code, 1);
    assertMatch(
      lan.stderr,
      /^process \d+ serves the probe page to this machine only; stop it, or start it with --lan\n$/,
    );
    process.kill("SIGINT");
    assertEquals((await process.status).code, 130);
    await reader.cancel();
  });
});
