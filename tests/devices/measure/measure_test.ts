import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Device, DeviceGoneError, type Outcome } from "../../../devices/device.ts";
import { measure, type MeasureOptions, type MeasureResult } from "../../../devices/measure/measure.ts";
import { fakeHub, pairedDevice } from "../fake_hub.ts";
import { fakeParts, type FakePartsOptions, rawLoad } from "../fake_parts.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";
import { madeUp } from "./made_up.ts";

const tiny = { name: "tiny", architecture: tinyArchitecture };
const twin = { name: "twin", architecture: tinyArchitecture };

/** Answers with a measurement of each model, and notes what was asked. */
function answering(asked: string[] = []): Device["measure"] {
  return ({ models, profile, runtime }) => {
    asked.push(`${models.map(({ name }) => name).join("+")} ${runtime} ${profile}`);
    return Promise.resolve(models.map((model): Outcome => madeUp({ model: model.name, runtime })));
  };
}

function options(fakes: FakePartsOptions, more: MeasureOptions = {}): MeasureOptions {
  return { dataDir: "nowhere", parts: fakeParts(fakes), ...more };
}

const brief = ({ measurements, failures }: MeasureResult) => ({
  measured: measurements.map(({ model, measurement: { device, runtime } }) => `${model} ${device.name} ${runtime}`),
  failed: failures.map(({ model, device, runtime, error }) => `${model} ${device} ${runtime}: ${error}`),
});

Deno.test("models of one runtime are measured in one session", async () => {
  const asked: string[] = [];
  const result = await measure([tiny, twin], options({ measureHere: answering(asked) }));
  assertEquals(asked, ["tiny+twin tfjs-wasm standard"]);
  assertEquals(brief(result), { measured: ["tiny here tfjs-wasm", "twin here tfjs-wasm"], failed: [] });
});

Deno.test("several runtimes are one session each", async () => {
  const asked: string[] = [];
  const runtimes = ["tfjs-wasm", "onnxruntime-wasm"] as const;
  await measure([tiny], options({ measureHere: answering(asked) }, { runtimes, profile: "fast" }));
  assertEquals(asked, ["tiny tfjs-wasm fast", "tiny onnxruntime-wasm fast"]);
});

Deno.test("the error of one model leaves the others their figures", async () => {
  const result = await measure(
    [tiny, twin],
    options({ measureHere: () => Promise.resolve([{ error: "no such\nop" }, madeUp({ model: "twin" })]) }),
  );
  assertEquals(brief(result), { measured: ["twin here tfjs-wasm"], failed: ["tiny here tfjs-wasm: no such op"] });
});

Deno.test("a model that cannot be read fails on every device, and the others go on", async () => {
  const hub = fakeHub({ paired: [pairedDevice("phone")], runLoad: () => Promise.resolve(rawLoad) });
  const told: MeasureResult[] = [];
  const result = await measure(
    ["/nowhere/model.onnx", tiny],
    options({ hub, measureHere: answering() }, {
      devices: ["here", "phone"],
      profile: "fast",
      onSession: (session) => told.push(session),
    }),
  );
  const reason = "/nowhere/model.onnx: no such file";
  assertEquals(brief(result), {
    measured: ["tiny here tfjs-wasm", "tiny phone tfjs-wasm"],
    failed: ["here", "phone"].map((device) => `/nowhere/model.onnx ${device} undefined: ${reason}`),
  });
  assertEquals(told.flatMap(({ measurements }) => measurements).length, 2);
  assertEquals(told.flatMap(({ failures }) => failures).length, 2);
});

Deno.test("a device that cannot be had, or goes away, fails alone", async () => {
  const hub = fakeHub({
    paired: [pairedDevice("phone")],
    runLoad: () => Promise.reject(new DeviceGoneError("phone", 'device "phone" is away')),
  });
  const result = await measure(
    [tiny],
    options(
      { hub, measureHere: answering(), launch: () => Promise.reject(new Error("not installed")) },
      { devices: ["firefox", "phone", "here"] },
    ),
  );
  assertEquals(brief(result), {
    measured: ["tiny here tfjs-wasm"],
    failed: ["tiny firefox tfjs-wasm: not installed", 'tiny phone tfjs-wasm: device "phone" is away'],
  });
});

Deno.test("a session that breaks down is repeated model by model, so that only the culprit fails", async () => {
  const asked: string[] = [];
  const measureHere: Device["measure"] = (request, settings) => {
    const answer = answering(asked)(request, settings);
    return request.models.some(({ name }) => name === "twin") ? Promise.reject(new Error("its process ended")) : answer;
  };
  const result = await measure([tiny, twin, { ...tiny, name: "third" }], options({ measureHere }));
  assertEquals(asked.map((text) => text.split(" ")[0]), ["tiny+twin+third", "tiny", "twin", "third"]);
  assertEquals(brief(result), {
    measured: ["tiny here tfjs-wasm", "third here tfjs-wasm"],
    failed: ["twin here tfjs-wasm: its process ended"],
  });
});

Deno.test("a device that went away is waited for once, not for each runtime and model", async () => {
  let sessions = 0;
  const measureHere: Device["measure"] = () => {
    sessions++;
    return Promise.reject(new DeviceGoneError("here", "here did not come back"));
  };
  const runtimes = ["tfjs-wasm", "tfjs-webgl", "tfjs-webgpu"] as const;
  const result = await measure([tiny, twin], options({ measureHere }, { runtimes }));
  assertEquals(sessions, 1);
  assertEquals(result.failures.map(({ error }) => error), Array(6).fill("here did not come back"));
});

Deno.test("a model whose interval is far too wide is measured once more, alone", async () => {
  const asked: string[] = [];
  const measureHere: Device["measure"] = async (request, settings) => {
    const outcomes = await answering(asked)(request, settings);
    const [first] = outcomes;
    if (asked.length === 1 && "measurement" in first) {
      Object.assign(first.measurement, { ratioLow: 1.8, ratioHigh: 2.2, medianMs: 99 });
    }
    return outcomes;
  };
  const { measurements } = await measure([tiny, twin], options({ measureHere }));
  assertEquals(asked.map((text) => text.split(" ")[0]), ["tiny+twin", "tiny"]);
  assertEquals(measurements.map(({ model, measurement }) => [model, measurement.medianMs === 99]), [
    ["tiny", false],
    ["twin", false],
  ]);
});

Deno.test("a clean-up that fails takes no results along", async () => {
  const hub = fakeHub();
  hub.close = () => Promise.reject(new Error("process 1 does not answer"));
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const result = await measure(
    [tiny],
    options({ hub, measureHere: answering() }, { devices: ["here", "chromium"], log }),
  );
  assertEquals(result.measurements.length, 1);
  assertEquals(lines, ["not all could be closed: process 1 does not answer"]);
});

Deno.test("all is closed however it ends", async () => {
  const events: string[] = [];
  const hub = fakeHub();
  await measure([tiny], options({ events, hub, measureHere: answering() }, { devices: ["chromium", "here"] }));
  assert(events.includes("chromium closed") && events.includes("here closed") && hub.closed === 1);
});

Deno.test("an interrupt rejects with its reason, after what was over was told", async () => {
  const controller = new AbortController();
  const told: MeasureResult[] = [];
  const events: string[] = [];
  const measureHere: Device["measure"] = (request) => {
    if (request.runtime === "tfjs-wasm") return answering()(request);
    controller.abort(new Error("interrupted"));
    return Promise.reject(new Error("its process ended"));
  };
  await assertRejects(
    () =>
      measure(
        [tiny],
        options({ events, measureHere }, {
          runtimes: ["tfjs-wasm", "tfjs-webgpu"],
          signal: controller.signal,
          onSession: (session) => told.push(session),
        }),
      ),
    Error,
    "interrupted",
  );
  assertEquals(told.map(brief), [{ measured: ["tiny here tfjs-wasm"], failed: [] }]);
  assertEquals(events, ["here closed", "session parts closed"]);
});

Deno.test("progress names device and runtime", async () => {
  const lines: string[] = [];
  await measure(
    [tiny],
    options({
      measureHere(request, options) {
        options?.onProgress?.({ load: 1, loads: 3, activity: "warming up" });
        return answering()(request);
      },
    }, { onProgress: (progress) => lines.push(JSON.stringify(progress)) }),
  );
  assertEquals(lines, ['{"load":1,"loads":3,"activity":"warming up","device":"here","runtime":"tfjs-wasm"}']);
});

Deno.test("no models, or more than a session holds, are refused", async () => {
  await assertRejects(() => measure([]), RangeError, "Cannot measure 0 models; allowed: 1 to 32");
  await assertRejects(() => measure(Array.from({ length: 33 }, () => tiny)), RangeError, "33 models");
});
