// The command as it is called: exit codes, and what goes where.
import { assertEquals, assertStringIncludes } from "@std/assert";

const script = new URL("../../../src/distill/main.ts", import.meta.url).pathname;

async function call(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, ...args],
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("wrong calls exit 2 with one line, lists go to standard output", async () => {
  const [unknown, mismatch, listed, named] = await Promise.all([
    call("--distiller", "kdd"),
    call("--distiller", "kd", "--task", "depth"),
    call("--list", "--json"),
    call("--list", "--distiller", "kd", "--json"),
  ]);
  assertEquals([unknown.code, unknown.err.split("\n").length, unknown.out], [2, 1, ""]);
  assertStringIncludes(unknown.err, 'unknown method "kdd"');
  assertEquals([mismatch.code, mismatch.err.split("\n").length], [2, 1]);
  assertStringIncludes(mismatch.err, "kd is for classification; depth has ");
  assertEquals([listed.code, listed.err], [0, ""]);
  const names = JSON.parse(listed.out).methods.map(({ name }: { name: string }) => name);
  assertEquals(["kd", "none"].filter((name) => !names.includes(name)), []);
  assertEquals(JSON.parse(named.out).options[0].name, "temperature");
});

Deno.test("an interrupt ends a training within seconds with 130", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", script, "--distiller", "none", "--dataset", "mnist", "--epochs", "1000"],
        ...["--train-images", "2000", "--data-dir", dataDir],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let told = "";
    let interruptedAt = 0;
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      told += text;
      if (interruptedAt > 0 || !told.includes("training the student by none")) continue;
      interruptedAt = performance.now();
      child.kill("SIGINT");
    }
    const { code } = await child.status;
    assertEquals(code, 130);
    assertEquals(performance.now() - interruptedAt < 10_000, true);
    assertStringIncludes(told, "Stopped.");
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
