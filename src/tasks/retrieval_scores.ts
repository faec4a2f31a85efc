// How well embeddings tell classes apart that no classifier was trained on: ranking, and verification of pairs.

export interface RetrievalScores {
  /** Mean over queries of the precision at the place of each image of the query's class. */
  meanAveragePrecision: number;
  /** Share of queries whose nearest other image is of their class. */
  recallAt1: number;
  /** Area under the curve of true over false accepts of all pairs: chance that a same pair is nearer than another one. */
  verificationAuc: number;
  /** Share of same pairs that are accepted at the threshold where at most 1 % of the others are. */
  trueAcceptsAt1Percent: number;
}

/** `[count, size]`, each row of length 1; rows of zeros stay. */
function normalisedRows(embeddings: Float32Array, count: number): Float32Array {
  const size = embeddings.length / count;
  const rows = new Float32Array(embeddings.length);
  for (let start = 0; start < embeddings.length; start += size) {
    const row = embeddings.subarray(start, start + size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) { for (let i = 0; i < size; i++) rows[start + i] = row[i] / length; }
  }
  return rows;
}

/** Cosines `[count, count]` of all pairs. */
export function cosines(embeddings: Float32Array, count: number): Float32Array {
  const size = embeddings.length / count;
  const rows = normalisedRows(embeddings, count);
  const similarities = new Float32Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += rows[a * size + i] * rows[b * size + i];
      similarities[a * count + b] = sum;
      similarities[b * count + a] = sum;
    }
  }
  return similarities;
}

/** Every image in turn asks for those of its class among all others. Equal similarities rank the wrong ones first. */
export function rankingScores(
  similarities: Float32Array,
  labels: ArrayLike<number>,
): Pick<RetrievalScores, "meanAveragePrecision" | "recallAt1"> {
  const count = labels.length;
  let precisions = 0;
  let firsts = 0;
  let queries = 0;
  for (let query = 0; query < count; query++) {
    const row = similarities.subarray(query * count, (query + 1) * count);
    const wrong = (other: number) => labels[other] === labels[query] ? 1 : 0;
    const others = Array.from({ length: count }, (_, index) => index).filter((index) => index !== query)
      .sort((a, b) => row[b] - row[a] || wrong(a) - wrong(b));
    let found = 0;
    let sum = 0;
    for (const [place, other] of others.entries()) {
      if (labels[other] === labels[query]) sum += ++found / (place + 1);
    }
    if (found === 0) continue;
    queries++;
    precisions += sum / found;
    if (labels[others[0]] === labels[query]) firsts++;
  }
  if (queries === 0) throw new RangeError("retrieval needs a class with two images to be scored");
  return { meanAveragePrecision: precisions / queries, recallAt1: firsts / queries };
}

/** All pairs, each accepted where its similarity is above a threshold. Ties count half in the area. */
export function verificationScores(
  similarities: Float32Array,
  labels: ArrayLike<number>,
  falseAcceptRate = 0.01,
): Pick<RetrievalScores, "trueAcceptsAt1Percent" | "verificationAuc"> {
  const count = labels.length;
  const same: number[] = [];
  const different: number[] = [];
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) (labels[a] === labels[b] ? same : different).push(similarities[a * count + b]);
  }
  if (same.length === 0 || different.length === 0) {
    throw new RangeError("verification needs pairs of one class and of two classes to be scored");
  }
  const sames = Float32Array.from(same).sort();
  const differents = Float32Array.from(different).sort();
  let below = 0;
  let upTo = 0;
  let wins = 0;
  for (const value of sames) {
    while (below < differents.length && differents[below] < value) below++;
    while (upTo < differents.length && differents[upTo] <= value) upTo++;
    wins += (below + upTo) / 2;
  }
  // The highest threshold that lets at most so many of the different pairs pass, which must be above it.
  const allowed = Math.floor(falseAcceptRate * differents.length);
  const threshold = differents[differents.length - 1 - allowed];
  const accepted = sames.reduce((sum, value) => sum + (value > threshold ? 1 : 0), 0);
  return { verificationAuc: wins / (sames.length * differents.length), trueAcceptsAt1Percent: accepted / sames.length };
}

/** All scores of `embeddings` `[labels.length, size]` by their cosines. */
export function retrievalScores(embeddings: Float32Array, labels: ArrayLike<number>): RetrievalScores {
  const similarities = cosines(embeddings, labels.length);
  return { ...rankingScores(similarities, labels), ...verificationScores(similarities, labels) };
}
