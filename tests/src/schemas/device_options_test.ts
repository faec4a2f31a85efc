import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import type { z } from "zod";
import { parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { deviceNamePattern as servedPattern } from "../../../devices/protocol/wire.ts";
import { deviceNamePattern, deviceNameText } from "../../../src/schemas/device_fields.ts";
import { devicesOptionsSchema } from "../../../src/schemas/devices_options.ts";
import { measureOptionsSchema } from "../../../src/schemas/measure_options.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";

function refusal(schema: z.ZodObject, ...args: string[]): string {
  const { message } = assertThrows(
    () => parseOptions(schema, args, { command: { name: "try", summary: "" } }),
    UsageError,
  );
  assertMatch(message, /^[^\n]+$/);
  return message;
}

Deno.test("measure: defaults serve a newcomer", () => {
  const options = parseOptions(measureOptionsSchema, ["--model", "m.json"], {
    command: { name: "measure", summary: "" },
  });
  assertEquals<unknown>(options, {
    model: ["m.json"],
    device: ["here"],
    runtime: [],
    profile: "standard",
    lan: false,
    deviceWait: 600,
    renewNominal: false,
    dataDir: ".nacre",
    json: false,
  });
});

Deno.test("all commands, the page and the server mean the same by a device's name", () => {
  assertEquals(String(deviceNamePattern), String(servedPattern));
  for (const name of ["My-Phone", "-a", "a".repeat(33), "pho_ne"]) {
    for (const schema of [searchOptionsSchema, measureOptionsSchema]) {
      const model = schema === measureOptionsSchema ? ["--model", "m.json"] : [];
      const message = refusal(schema, ...model, "--device", name);
      assertStringIncludes(message, deviceNameText);
    }
    assertMatch(refusal(devicesOptionsSchema, "--pair", name), /--pair is .*; allowed: up to 32/);
  }
});

Deno.test("measure: wrong options are told in one line with what is allowed", () => {
  const wrong = (...args: string[]) => refusal(measureOptionsSchema, ...args);
  const model = ["--model", "m.json"];
  assertEquals(wrong(), "--model: is needed: the path of an architecture, a TF.js model or an ONNX file");
  assertEquals(wrong(...model, ...model), '--model: "m.json" is given twice');
  assertEquals(wrong(...model, "--device", "here", "--device", "here"), '--device: "here" is given twice');
  assertMatch(
    wrong(...model, "--device", "My Phone"),
    /^--device is My Phone; allowed: here, chromium, firefox, all, or/,
  );
  assertMatch(
    wrong(...model, "--runtime", "tfjs-wegpu"),
    /^--runtime is tfjs-wegpu; allowed: tfjs-wasm, .*- did you mean "tfjs-webgpu"\?$/,
  );
  assertMatch(wrong(...model, "--input-shape", "1,x"), /^--input-shape is 1,x; allowed: 1 to 8 whole numbers/);
  assertMatch(wrong(...model, "--input-shape", "1,0,3"), /^--input-shape is 1,0,3; allowed/);
  assertMatch(wrong(...model, "--profile", "slow"), /^--profile is slow; allowed: fast, standard, certified/);
  assertMatch(wrong(...model, "--device-wait", "-1"), /^--device-wait is -1; allowed: a number from 0/);
  assertMatch(wrong(...Array.from({ length: 33 }, (_, i) => ["--model", `${i}`]).flat()), /allowed: up to 32 paths/);
});

Deno.test("devices: what does not go together is refused, and so is what cannot be", () => {
  const wrong = (...args: string[]) => refusal(devicesOptionsSchema, ...args);
  assertEquals(wrong("--list", "--revoke", "a"), "--revoke: does not go together with --list");
  assertEquals(wrong("--pair", "a", "--approve", "123456"), "--pair: does not go together with --approve");
  assertMatch(wrong("--approve", "12 345"), /^--approve is 12 345; allowed: the 6 digits/);
  assertMatch(wrong("--pair", "../x"), /^--pair is \.\.\/x; allowed: up to 32 lower-case letters/);
  assertMatch(wrong("--port", "70000"), /^--port is 70000; allowed: a whole number from 0 to 65535/);
});
