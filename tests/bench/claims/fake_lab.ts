// A lab that answers at once: accuracies follow from what a network is and how it is taught, with noise by seed.
import type { Lab, TrainingOutcome, TrainingRequest } from "../../../bench/claims/lab.ts";
import { hashSeed, Random } from "../../../src/data/random.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";

export interface FakeLab extends Lab {
  requests: TrainingRequest[];
  [Symbol.dispose](): void;
}

const testImages = 200;

/** Shares of right answers by request; logits on disk agree with the test accuracy. */
export function createFakeLab(options: { beforeTraining?: (request: TrainingRequest) => void } = {}): FakeLab {
  const folder = Deno.makeTempDirSync();
  const requests: TrainingRequest[] = [];
  const labels = Uint16Array.from({ length: testImages }, (_, index) => index % 10);
  const lab: FakeLab = {
    requests,
    train(request): Promise<TrainingOutcome> {
      try {
        options.beforeTraining?.(request);
      } catch (error) {
        return Promise.reject(error);
      }
      requests.push(request);
      const hash = architectureHash(request.architecture);
      const random = new Random(hashSeed("fake", hash, request.seed, request.method, request.numbers.trainImages));
      const taste = request.teachers.map(({ architecture }) => architectureHash(architecture)).join();
      const own = new Random(hashSeed("fake", hash, taste)).next();
      const size = Math.min(1, countMultiplyAdds(request.architecture) / 3e6);
      const accuracy = 0.6 + 0.15 * size + 0.05 * own + 0.01 * random.next() + (request.method === "none" ? 0 : 0.02);
      const logits = `${folder}/${hash}-${request.seed}-${request.method}`;
      if (request.test) {
        const scores = new Float32Array(testImages * 10);
        for (const [row, label] of labels.entries()) {
          scores[row * 10 + (random.next() < accuracy ? label : (label + 1) % 10)] = 5;
        }
        Deno.writeFileSync(logits, new Uint8Array(scores.buffer));
      }
      const verification = request.variant.name === "open-set" ? { verification: accuracy } : {};
      return Promise.resolve({ accuracy, ...(request.test && { testAccuracy: accuracy, logits }), ...verification });
    },
    io: (dataset) =>
      Promise.resolve(
        dataset === "cifar10"
          ? { height: 32, width: 32, channels: 3, classes: 10 }
          : { height: 28, width: 28, channels: 1, classes: 10 },
      ),
    testLabels: () => Promise.resolve(labels),
    latencyMs: (architecture) => countMultiplyAdds(architecture) / 1.86e6,
    ranked: () => lab,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
  return lab;
}
