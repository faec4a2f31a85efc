import { assertEquals } from "@std/assert";
import { labelOf, loadState, saveState, withLoad, withResults } from "../../../devices/page/session_state.ts";
import { emptyTrace, extendTrace } from "../../../devices/page/trace.ts";
import { fakeStorage } from "./fake_line.ts";
import { fakeRequest } from "./fake_request.ts";

const first = loadState(fakeStorage());

Deno.test("the first state is shown where nothing is stored, or what is stored is of another version", () => {
  assertEquals(first.status.headline, "Connecting to Nacre");
  for (const stored of ["{broken", "null", '{"lan":"yes"}', "[]"]) {
    const storage = fakeStorage();
    storage.setItem("nacre-page-state", stored);
    assertEquals(loadState(storage), first);
  }
});

Deno.test("a state survives a reload of the page", () => {
  const storage = fakeStorage();
  const request = fakeRequest({ candidates: 2 });
  let state = withLoad({ ...first, device: "phone", lan: true }, request);
  state = { ...state, session: { ...state.session!, trace: extendTrace(emptyTrace, [[1, 2, 3, 4], [1, 2, 3, 4]]) } };
  state = withResults(state, request, [0.8, undefined], 1_700_000_000_000);
  saveState(storage, state);
  assertEquals(loadState(storage), state);
});

Deno.test("a storage that is full costs nothing but the picture", () => {
  saveState({
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  }, first);
});

Deno.test("the chart stays through the loads of a session and goes with the next one", () => {
  const state = withLoad(first, fakeRequest({ load: 0 }));
  const drawn = { ...state, session: { ...state.session!, trace: extendTrace(emptyTrace, [[1, 2, 3]]) } };
  assertEquals(withLoad(drawn, fakeRequest({ load: 1, seed: 9 })).session?.trace.rounds, 1);
  assertEquals(withLoad(drawn, fakeRequest({ candidates: 2 })).session?.trace.rounds, 0);
  assertEquals(withLoad(drawn, fakeRequest({ runtime: "tfjs-webgl" })).session?.trace.rounds, 0);
});

Deno.test("loads of one session are one result with several medians, a network counts once", () => {
  let state = first;
  for (const [load, medianMs] of [0.8, 0.9, 0.85].entries()) {
    const request = fakeRequest({ load });
    state = withResults(withLoad(state, request), request, [medianMs], load);
  }
  assertEquals(state.results.map(({ mediansMs }) => mediansMs), [[0.8, 0.9, 0.85]]);
  assertEquals(state.networksTimed, 1);
  // The same network in a new session is a new result.
  const again = fakeRequest({ load: 0 });
  state = withResults(withLoad(state, again), again, [0.7], 9);
  assertEquals(state.results.map(({ mediansMs }) => mediansMs), [[0.7], [0.8, 0.9, 0.85]]);
  assertEquals(state.networksTimed, 2);
});

Deno.test("only the last dozen results are kept, those that failed not at all", () => {
  const request = fakeRequest({ candidates: 20 });
  const medians = Array.from({ length: 20 }, (_, index) => index === 3 ? undefined : index + 1);
  const state = withResults(withLoad(first, request), request, medians, 0);
  assertEquals(state.results.length, 12);
  assertEquals(state.results[0].mediansMs, [20]);
  assertEquals(state.networksTimed, 19);
});

Deno.test("networks are told apart by what they are", () => {
  const sha256 = "0".repeat(64);
  const input = { shape: [1, 3], seed: 1, channelsFirst: false };
  assertEquals(labelOf(fakeRequest().networks[0]), "network of 3 layers");
  assertEquals(
    labelOf({ source: { kind: "onnx", file: { path: "m.onnx", sha256, bytes: 3_400_000 } }, input }),
    "ONNX model, 3.4 MB",
  );
  const files = [{ path: "model.json", sha256, bytes: 20_000 }, { path: "a.bin", sha256, bytes: 12_000_000 }];
  assertEquals(labelOf({ source: { kind: "tfjs", format: "graph", files }, input }), "TensorFlow.js model, 12 MB");
});
