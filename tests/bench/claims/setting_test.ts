import { assertEquals, assertStringIncludes } from "@std/assert";
import { calibrationStudents } from "../../../bench/claims/latencies.ts";
import { foresightOf, settingOf } from "../../../bench/claims/setting.ts";
import { scaledReference, uniformNetworks } from "../../../bench/claims/uniform_networks.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const io = { height: 28, width: 28, channels: 1, classes: 10 };
const latencyMs = (architecture: Architecture) => countMultiplyAdds(architecture) / 1e6;

Deno.test("calibration students are as many as asked for, all different, references among them, small ones too", () => {
  const students = calibrationStudents(io, 100);
  assertEquals(students.length, 100);
  assertEquals(new Set(students.map(architectureHash)).size, 100);
  const reference = createSpace("mnas", io).reference(1);
  assertEquals(students.some((one) => architectureHash(one) === architectureHash(reference)), true);
  // What searches at 0.7 of the reference end with is no extrapolation.
  const small = students.filter((one) => latencyMs(one) < 0.7 * latencyMs(reference));
  assertEquals(small.length >= 25, true, `${small.length} small students`);
});

Deno.test("foresight is judged by networks that calibration did not see, each once", () => {
  const space = createSpace("mnas", io);
  const [seen, near, far] = [1, 0.5, 0.75].map((width) => space.reference(width));
  const foresight = foresightOf([seen, near, near, far], {
    calibration: [seen],
    measuredMs: () => 1,
    foresee: (one) => one === near ? 1.05 : 1.5,
  });
  assertEquals(foresight.networks, 2);
  assertEquals(foresight.withinTenPercent, 0.5);
  assertEquals(foresight.medianDifference.toFixed(3), "0.275");
});

Deno.test("the scaled reference and the uniform networks are the largest that the target allows", () => {
  const mnas = createSpace("mnas", io);
  const targetMs = 0.7 * latencyMs(mnas.reference(1));
  const limits = { latencyMs, targetMs };
  const scaled = scaledReference(mnas, limits);
  const width = Number(scaled?.name.split(" ")[1]);
  assertEquals(latencyMs(mnas.reference(width)) <= targetMs, true);
  const wider = Array.from({ length: 20 }, (_, step) => mnas.reference((step + 1) / 20))
    .filter((one) => latencyMs(one) <= targetMs);
  assertEquals(scaled && latencyMs(scaled.architecture), Math.max(...wider.map(latencyMs)));
  const networks = uniformNetworks(createSpace("mnas-uniform", io), limits);
  for (const { architecture, name } of networks) {
    assertEquals(latencyMs(architecture) <= targetMs, true, name);
    const kernels = architecture.nodes.flatMap((node) => node.op === "depthwiseConv" ? [node.kernel] : []);
    assertEquals(new Set(kernels), new Set([Number(name.at(-1))]));
  }
  assertEquals(uniformNetworks(createSpace("mnas-uniform", io), { latencyMs, targetMs: 0 }), []);
});

Deno.test("the setting with nothing measured yet says so", () => {
  const text = settingOf({
    dataset: "mnist",
    foresight: foresightOf([], { calibration: [], measuredMs: () => 1, foresee: () => 1 }),
    referenceMs: 0.4,
    targets: [{ share: 0.2, latencyMs: 0.5 }, { share: 0.5, latencyMs: 0.6 }],
    trials: 100,
    calibration: 100,
    trainings: 0,
    codes: [],
  }).join(" ");
  assertStringIncludes(text, "Nothing was trained.");
  assertStringIncludes(text, "none was measured");
  assertStringIncludes(text, "0.2, 0.500 ms, and 0.5, 0.600 ms");
  assertEquals(/NaN|0 networks|: \./.test(text), false, text);
});
