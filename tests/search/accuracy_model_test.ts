import { assert, assertEquals, assertThrows } from "@std/assert";
import { AccuracyModel } from "../../search/accuracy_model.ts";
import { Random } from "../../src/data/random.ts";

/** Students whose accuracy is the sum of what their choices are worth, and noise. */
function students(count: number, { noise, seed }: { noise: number; seed: number }) {
  const random = new Random(seed);
  const worth = [[0, 0.1, 0.05], [0, -0.05], [0.02, 0, 0.08, 0.04], [0, 0.03, 0.06]];
  return Array.from({ length: count }, () => {
    const tokens = worth.map((choices) => random.integer(choices.length));
    const truth = tokens.reduce((sum, token, decision) => sum + worth[decision][token], 0.5);
    const size = 1000 * (1 + tokens[2]);
    return { tokens, parameters: size, multiplyAdds: 50 * size, truth, accuracy: truth + noise * random.normal() };
  });
}

Deno.test("accuracies that choices add up to are foreseen nearly exactly", () => {
  const model = new AccuracyModel(students(60, { noise: 0, seed: 1 }));
  for (const student of students(50, { noise: 0, seed: 2 })) {
    assert(Math.abs(model.predict(student).accuracy - student.truth) < 0.005);
  }
});

Deno.test("about 95 % of new students keep each bound, and few students bound nothing", () => {
  let [kept, lowKept, count] = [0, 0, 0];
  for (let seed = 0; seed < 40; seed++) {
    const model = new AccuracyModel(students(40, { noise: 0.02, seed: 2 * seed + 1 }));
    for (const student of students(25, { noise: 0.02, seed: 2 * seed + 1000 })) {
      const { high, low } = model.predict(student);
      count++;
      if (student.accuracy <= high) kept++;
      if (student.accuracy >= low) lowKept++;
    }
  }
  for (const share of [kept / count, lowKept / count]) assert(share > 0.92 && share < 0.985, `${share} of ${count}`);
  const few = new AccuracyModel(students(18, { noise: 0.02, seed: 1 })).predict(students(1, { noise: 0, seed: 5 })[0]);
  assertEquals([few.low, few.high], [0, 1]);
});

Deno.test("a choice that was never met widens the bounds, the more of them the more", () => {
  const past = students(40, { noise: 0.02, seed: 3 });
  const model = new AccuracyModel(past);
  const [seen] = past;
  const width = (tokens: number[]) => {
    const { accuracy, high } = model.predict({ ...seen, tokens });
    return high - accuracy;
  };
  // Any choice of a decision that is met adds less than one that is not: of 40 students each was met several times.
  const widths = [0, 1].map((token) => width(seen.tokens.with(1, token)));
  const unmet = width(seen.tokens.with(1, 7));
  assert(widths.every((one) => unmet > 1.01 * one), `${unmet} after ${widths}`);
  assert(width(seen.tokens.with(1, 7).with(3, 7)) > 1.01 * unmet);
});

Deno.test("an unseen size widens the bounds, the same students give the same model, and one is too few", () => {
  const past = students(40, { noise: 0.02, seed: 3 });
  const model = new AccuracyModel(past);
  const [seen] = past;
  const far = { ...seen, parameters: 100 * seen.parameters, multiplyAdds: 100 * seen.multiplyAdds };
  const width = (student: typeof seen) => {
    const { accuracy, high } = model.predict(student);
    return high - accuracy;
  };
  assert(width({ ...far }) > width(seen) || model.predict(far).high === 1);
  assertEquals(new AccuracyModel(past).predict(far), model.predict(far));
  assertThrows(() => new AccuracyModel([seen]), RangeError, "got 1");
});
