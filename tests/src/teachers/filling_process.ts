// Fills a cache slowly and says how many images it has computed, to be killed meanwhile.
import { cachedTeacher } from "../../../src/teachers/cached_teacher.ts";
import { noiseData, requestOf, tellingTeacher } from "./fixtures.ts";

/** Several blocks of features; the same in both processes. */
export const fillingData = noiseData({ side: 2, count: 1600 });

if (import.meta.main) {
  const inner = tellingTeacher();
  const { outputs } = inner;
  inner.outputs = async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const answer = await outputs.call(inner, request);
    console.log(inner.asked);
    return answer;
  };
  const trainImages = fillingData.train.length;
  const options = { data: fillingData, cacheDir: Deno.args[0], trainImages, batchSize: 32 };
  const teacher = cachedTeacher(inner, options);
  await teacher.outputs(requestOf(fillingData, { images: new Float32Array(4), positions: [0], features: ["stage1"] }));
  // Long enough to be killed even where that comes late.
  await new Promise((resolve) => setTimeout(resolve, 20_000));
}
