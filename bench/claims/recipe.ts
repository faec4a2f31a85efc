// The numbers of every training of the claims. Chosen by a pilot so that a sampled student costs about a second of one core.

/** How one network is trained. */
export interface Numbers {
  trainImages: number;
  epochs: number;
  batchSize: number;
  peakLearningRate: number;
}

/** Held out of the training part: what searches see. */
export const validationImages = 2000;

/** A sampled student: what searches are guided by. */
export const proxyNumbers: Numbers = { trainImages: 4096, epochs: 1, batchSize: 32, peakLearningRate: 0.01 };

/** A student that is reported: more images, more often; the test part is read once. */
export const finalNumbers: Numbers = { trainImages: 16_384, epochs: 2, batchSize: 64, peakLearningRate: 0.01 };

/** A teacher. */
export const teacherNumbers: Numbers = { trainImages: 48_000, epochs: 3, batchSize: 64, peakLearningRate: 0.01 };

/** A grown student in a search: it starts from a trained backbone, so it learns more gently. */
export const growthNumbers: Numbers = { trainImages: 4096, epochs: 1, batchSize: 32, peakLearningRate: 0.003 };
