// What every controller promises, whatever it learns.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Controller, Decision, Sample } from "../../search/controller.ts";

type Create = (options: { decisions: Decision[]; seed: number }) => Controller;

const choices = [1, 2, 3, 4, 7];

/** Decisions with these numbers of choices. */
export function decisionsWith(counts: readonly number[]): Decision[] {
  return counts.map((count, index) => ({ name: `decision ${index}`, choices: new Array(count).fill("choice") }));
}

/** Share of tokens that are 0. */
export function zeroShare({ tokens }: Sample): number {
  return tokens.filter((token) => token === 0).length / tokens.length;
}

/** Asks and tells `batches` times; returns all samples. */
function play(controller: Controller, batches: number, size = 5): Sample[] {
  return Array.from({ length: batches }, () => {
    const samples = controller.ask(size);
    controller.tell(samples.map((sample) => ({ sample, reward: zeroShare(sample) })));
    return samples;
  }).flat();
}

/** A state as it comes back from a file. */
function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** Registers the tests of the controller `name`. */
export function controllerContract(name: string, create: Create): void {
  const decisions = decisionsWith(choices);
  const createOne = (seed = 1) => create({ decisions, seed });

  Deno.test(`${name}: carries its name`, () => assertEquals(createOne().name, name));

  Deno.test(`${name}: samples have one token in range per decision, and ids that count up from 0`, () => {
    const counts = fc.array(fc.constantFrom(...choices), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(counts, fc.integer(), (some, seed) => {
        const samples = play(create({ decisions: decisionsWith(some), seed }), 2, 3);
        assertEquals(samples.map(({ id }) => id), [0, 1, 2, 3, 4, 5]);
        for (const { tokens } of samples) {
          assertEquals(tokens.length, some.length);
          assert(tokens.every((token, index) => Number.isInteger(token) && token >= 0 && token < some[index]));
        }
      }),
      { numRuns: 20 },
    );
  });

  Deno.test(`${name}: every choice of every decision is sampled sooner or later`, () => {
    const samples = createOne().ask(200);
    for (const [index, count] of choices.entries()) {
      assertEquals(new Set(samples.map(({ tokens }) => tokens[index])).size, count);
    }
  });

  Deno.test(`${name}: the same seed and calls give the same samples, another seed others`, () => {
    assertEquals(play(createOne(7), 4), play(createOne(7), 4));
    assertNotEquals(play(createOne(7), 4), play(createOne(8), 4));
  });

  Deno.test(`${name}: a snapshot through JSON continues bit for bit, whatever the seed of what restores it`, () => {
    const controller = createOne();
    play(controller, 3);
    const asked = controller.ask(4);
    const snapshot = throughJson(controller.snapshot());
    const restored = createOne(99);
    play(restored, 1);
    restored.restore(snapshot);

    const results = asked.map((sample) => ({ sample, reward: zeroShare(sample) }));
    controller.tell(results);
    restored.tell(throughJson(results));
    assertEquals(play(restored, 3), play(controller, 3));
    assertEquals(restored.statistics(), controller.statistics());
    assertEquals(throughJson(restored.snapshot()), throughJson(controller.snapshot()));
  });

  Deno.test(`${name}: a snapshot stays what it was while the controller goes on`, () => {
    const controller = createOne();
    play(controller, 2);
    const snapshot = controller.snapshot();
    const before = throughJson(snapshot);
    play(controller, 2);
    assertEquals(throughJson(snapshot), before);
  });

  Deno.test(`${name}: results without a reward are left out`, () => {
    const [one, other] = [createOne(), createOne()];
    const samples = one.ask(4);
    other.ask(4);
    const results = samples.map((sample) => ({ sample, reward: zeroShare(sample) }));
    one.tell([results[0], { sample: results[1].sample, reward: null }, results[2], results[3]]);
    other.tell([results[0], results[2], results[3]]);
    assertEquals(throughJson(one.snapshot()), throughJson(other.snapshot()));

    const before = throughJson(one.snapshot());
    one.tell(samples.map((sample) => ({ sample, reward: null })));
    one.tell([]);
    assertEquals(throughJson(one.snapshot()), before);
  });

  Deno.test(`${name}: batches of one, equal rewards and huge rewards leave every figure finite`, () => {
    for (const reward of [0, 0.1, 1, -3, 1e6]) {
      const controller = createOne();
      for (const size of [1, 1, 3, 20]) {
        controller.tell(controller.ask(size).map((sample) => ({ sample, reward })));
        for (const [figure, value] of Object.entries(controller.statistics())) assert(Number.isFinite(value), figure);
      }
      assertEquals(controller.ask(100).length, 100);
    }
  });

  Deno.test(`${name}: a count that is not a positive integer is refused`, () => {
    for (const count of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(() => createOne().ask(count), RangeError, `Cannot ask for ${count} samples`);
    }
  });

  Deno.test(`${name}: tokens and rewards out of range are refused, and nothing is learned of the batch`, () => {
    const controller = createOne();
    play(controller, 1);
    const before = throughJson(controller.snapshot());
    const good = { sample: { id: 8, tokens: [0, 1, 2, 3, 6] }, reward: 1 };
    const cases: [number[], number, string][] = [
      [[0, 1, 2, 3, 7], 1, "Token 4 of sample 9 is 7; allowed are integers from 0 to 6"],
      [[0, -1, 2, 3, 6], 1, "Token 1 of sample 9 is -1"],
      [[0, 0.5, 2, 3, 6], 1, "Token 1 of sample 9 is 0.5"],
      [[0, 1, 2, 3], 1, "Sample 9 has 4 tokens; there are 5 decisions"],
      [[0, 1, 2, 3, 6], NaN, "The reward of sample 9 is NaN"],
      [[0, 1, 2, 3, 6], Infinity, "The reward of sample 9 is Infinity"],
    ];
    for (const [tokens, reward, message] of cases) {
      assertThrows(() => controller.tell([good, { sample: { id: 9, tokens }, reward }]), RangeError, message);
    }
    assertEquals(throughJson(controller.snapshot()), before);
  });

  Deno.test(`${name}: a snapshot of another controller or of other decisions is refused`, () => {
    const snapshot = createOne().snapshot();
    const foreign = { ...snapshot, controller: "other" };
    assertThrows(() => createOne().restore(foreign), RangeError, `Cannot restore "${name}" from a snapshot of "other"`);
    const fewer = create({ decisions: decisionsWith([2, 3]), seed: 1 });
    assertThrows(() => fewer.restore(snapshot), RangeError, "have [1,2,3,4,7] choices, not [2,3]");
  });

  Deno.test(`${name}: no decisions, or one without choices, is refused`, () => {
    assertThrows(() => create({ decisions: [], seed: 1 }), RangeError, "at least one decision");
    const none = decisionsWith([2, 0]);
    assertThrows(() => create({ decisions: none, seed: 1 }), RangeError, '"decision 1" has no choices');
  });
}
