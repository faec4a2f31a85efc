// What every controller promises, whatever it learns.
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Controller, Decision, Sample, Snapshot } from "../../search/controller.ts";
import {
  decisionsWith,
  isLegal,
  leavesOf,
  maskedDecisions,
  play,
  playSteps,
  stepsArbitrary,
  throughJson,
  withLeaf,
  zeroShare,
} from "./controller_play.ts";

type Create = (options: { decisions: Decision[]; seed: number }) => Controller;

const choices = [1, 2, 3, 4, 7];

interface ContractOptions {
  /** Whether proposals get better with what is told: not at random. */
  learns: boolean;
}

/** Registers the tests of the controller `name`. */
export function controllerContract(name: string, create: Create, { learns }: ContractOptions): void {
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

  Deno.test(`${name}: so it does in the middle of anything, whatever was asked and told in which pieces`, () => {
    for (const decisions of [decisionsWith(choices), maskedDecisions()]) {
      const numRuns = 12;
      fc.assert(
        fc.property(stepsArbitrary, fc.nat(20), fc.integer(), (steps, cut, seed) => {
          const whole = create({ decisions, seed });
          const expected = playSteps(whole, steps);

          const controller = create({ decisions, seed });
          const open: Sample[] = [];
          const before = playSteps(controller, steps.slice(0, cut), open);
          const restored = create({ decisions, seed: 0 });
          restored.restore(throughJson(controller.snapshot()));
          const after = playSteps(restored, steps.slice(cut), throughJson(open));
          assertEquals([...before, ...after], expected);
          assertEquals(throughJson(restored.snapshot()), throughJson(whole.snapshot()));
          assertEquals(restored.statistics(), whole.statistics());
          for (const { tokens } of expected) assert(isLegal(decisions, tokens), `${tokens}`);
        }),
        { numRuns },
      );
    }
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
    for (const reward of [0, 0.1, 1, -3, 1e6, Number.MAX_VALUE]) {
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
      [[0, 1, 2, 3, 7], 1, "Sample 9: token 4 is 7; allowed are integers from 0 to 6"],
      [[0, -1, 2, 3, 6], 1, "Sample 9: token 1 is -1"],
      [[0, 0.5, 2, 3, 6], 1, "Sample 9: token 1 is 0.5"],
      [[0, 1, 2, 3], 1, "Sample 9: 4 tokens; there are 5 decisions"],
      [[0, 1, 2, 3, 6], NaN, "The reward of sample 9 is NaN"],
      [[0, 1, 2, 3, 6], Infinity, "The reward of sample 9 is Infinity"],
    ];
    for (const [tokens, reward, message] of cases) {
      assertThrows(() => controller.tell([good, { sample: { id: 9, tokens }, reward }]), RangeError, message);
    }
    assertEquals(throughJson(controller.snapshot()), before);
  });

  Deno.test(`${name}: illegal tokens are never proposed, and refused where they are told`, () => {
    const decisions = maskedDecisions();
    const controller = create({ decisions, seed: 3 });
    // In time this learns to want what is illegal: token 0 counts.
    const samples = play(controller, 20);
    for (const { tokens } of samples) assert(isLegal(decisions, tokens), `${tokens}`);
    const illegal = { sample: { id: 0, tokens: [0, 0, 0, 2] }, reward: 1 };
    const message = "Sample 0: token 1 is 0, which is illegal after [0]";
    assertThrows(() => controller.tell([illegal]), RangeError, message);
    // Within what is legal, everything is proposed sooner or later.
    const all = new Set(create({ decisions, seed: 4 }).ask(400).map(({ tokens }) => tokens.join()));
    assertEquals(all.size, 20);
  });

  Deno.test(`${name}: a decision with one legal choice and one with one choice are no trouble`, () => {
    const [one, two] = decisionsWith([1, 3]);
    const decisions = [one, { ...two, legal: () => [false, true, false] }];
    for (const { tokens } of play(create({ decisions, seed: 1 }), 5)) assertEquals(tokens, [0, 1]);
  });

  Deno.test(`${name}: a mask that allows nothing or is of another size is named`, () => {
    const [one, two] = decisionsWith([2, 3]);
    const none = create({ decisions: [one, { ...two, legal: () => [false, false, false] }], seed: 1 });
    assertThrows(() => none.ask(1), RangeError, 'Decision "decision 1" has no legal choice after [');
    const short = create({ decisions: [one, { ...two, legal: () => [true] }], seed: 1 });
    assertThrows(() => short.ask(1), RangeError, 'Decision "decision 1" tells of 1 choices which are legal; it has 3');
  });

  Deno.test(`${name}: once everything has been proposed, it goes on all the same`, () => {
    const samples = play(create({ decisions: decisionsWith([2, 2]), seed: 1 }), 10);
    assertEquals(samples.length, 50);
  });

  if (learns) {
    Deno.test(`${name}: finds token 0 wherever that is all that counts, from batches of 10 and of one`, () => {
      for (const size of [10, 1]) {
        const controller = create({ decisions: decisionsWith([1, 2, 3, 4, 4, 4, 4, 4]), seed: 1 });
        const best = Math.max(...play(controller, 300 / size, size).map(zeroShare));
        // The one best of 6,144, which 300 random proposals meet once in 20 times.
        assertEquals(best, 1, `by batches of ${size}`);
      }
    });

    Deno.test(`${name}: infeasible proposals, of reward 0, do not keep it from learning`, () => {
      const controller = create({ decisions: decisionsWith(new Array(8).fill(4)), seed: 1 });
      const rewards: number[] = [];
      for (let batch = 0; batch < 30; batch++) {
        const samples = controller.ask(10);
        // Infeasible are two of five at random: those where many tokens are 3.
        const reward = (sample: Sample) =>
          sample.tokens.filter((token) => token === 3).length > 2 ? 0 : 0.5 + 0.1 * zeroShare(sample);
        controller.tell(samples.map((sample) => ({ sample, reward: reward(sample) })));
        rewards.push(...samples.map(reward));
      }
      // Seven tokens of eight or all: 25 proposals of 65,536, of which 300 random ones meet one in nine times.
      assert(Math.max(...rewards) > 0.58, `${Math.max(...rewards)}`);
    });
  }

  Deno.test(`${name}: where one of 128 is better than the rest, it finds one as often as random proposals do`, () => {
    const decisions = decisionsWith(new Array(8).fill(4));
    const isBetter = ({ tokens }: Sample) => tokens.slice(0, 3).every((token) => token === 0) && tokens[3] < 2;
    const seeds = Array.from({ length: 40 }).keys().toArray();
    // The rest are infeasible, or trained to no more than chance.
    for (const [size, reward] of [[10, 0], [1, 0], [10, 0.1], [1, 0.1]]) {
      let [found, asked] = [0, 0];
      const equal = seeds.flatMap((seed) => {
        const controller = create({ decisions, seed });
        const keys = new Set<string>();
        for (let batch = 0; batch < 100 / size; batch++) {
          const samples = controller.ask(size);
          if (samples.some(isBetter)) {
            found++;
            break;
          }
          asked += samples.length;
          for (const { tokens } of samples) keys.add(tokens.join());
          controller.tell(samples.map((sample) => ({ sample, reward })));
        }
        return [...keys];
      });
      // 100 random proposals meet one in 54 % of cases: 21.7 of 40 with a deviation of 3.2. Random ones of 65,536 that
      // are the same twice are one in a thousand.
      assert(found >= 16, `${found} by batches of ${size}, the rest ${reward}`);
      assert(equal.length > 0.99 * asked, `${equal.length} different ones of ${asked}`);
    }
  });

  Deno.test(`${name}: a snapshot of another controller or of other decisions is refused`, () => {
    const snapshot = createOne().snapshot();
    const foreign = { ...snapshot, controller: "other" };
    assertThrows(() => createOne().restore(foreign), RangeError, `Cannot restore "${name}" from a snapshot of "other"`);
    const fewer = create({ decisions: decisionsWith([2, 3]), seed: 1 });
    assertThrows(() => fewer.restore(snapshot), RangeError, "have [1,2,3,4,7] choices, not [2,3]");
  });

  Deno.test(`${name}: a damaged snapshot is refused in one line that names the field`, () => {
    const { controller, choices, ...rest } = createOne().snapshot();
    const bare = () => createOne().restore({ controller, choices });
    assertThrows(bare, RangeError, `Cannot restore "${name}": the snapshot is damaged: nextId: `);
    for (const field of Object.keys(rest).filter((key) => key !== "statistics")) {
      const damaged = { ...throughJson(rest), controller, choices, [field]: undefined };
      const { message } = assertThrows(() => createOne().restore(damaged), RangeError);
      assert(!message.includes("\n") && message.includes(`damaged: ${field}`), message);
    }
  });

  Deno.test(`${name}: what is no snapshot, or one damaged anywhere, is refused as a whole`, () => {
    const [controller, later] = [createOne(), createOne(2)];
    play(later, 5);
    const before = throughJson(controller.snapshot());
    const { controller: _, choices: __, ...rest } = throughJson(later.snapshot());
    const damages = leavesOf(rest).flatMap((path) => {
      // The first decision has one choice, so that 1 is no token of it.
      const values = path.at(-2) === "tokens" && path.at(-1) === "0" ? [{}, 1] : [{}];
      return values.map((value) => ({ field: path.join("."), state: withLeaf(later.snapshot(), path, value) }));
    });
    for (const state of [null, "snapshot", [], {}]) damages.push({ field: "", state });
    for (const { field, state } of damages) {
      const { message } = assertThrows(() => controller.restore(state as Snapshot), RangeError);
      assert(message.startsWith(`Cannot restore "${name}": the snapshot is damaged: `), message);
      assert(message.includes(field.replace(/\.tokens\..*/, ".tokens")), `${field}: ${message}`);
      assertEquals(throughJson(controller.snapshot()), before, field);
    }
  });

  Deno.test(`${name}: no decisions, or one without choices, is refused`, () => {
    assertThrows(() => create({ decisions: [], seed: 1 }), RangeError, "at least one decision");
    const none = decisionsWith([2, 0]);
    assertThrows(() => create({ decisions: none, seed: 1 }), RangeError, '"decision 1" has no choices');
  });
}
