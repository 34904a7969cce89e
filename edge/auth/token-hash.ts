/**
 * A hash of texts by which tokens are remembered: four sums over the text's pairs of characters, each weighted by
 * random numbers of its place that nobody outside this isolate knows. Two texts, however they are chosen, have
 * the same sum with a probability of 2^-24 at most, all four with 2^-96: in some place they differ by
 * d, and of 2^24 weights there only one makes up for d times it. No assumption about an attacker's
 * means goes into that, and it costs no more than looking the text itself up would
 * (docs/decisions/0016-remembered-tokens.md). Sums stay exact: 2^16 x 2^24 x 2^12.1 pairs < 2^53.
 */
export type TokenHash = readonly [number, number, number, number];

const SUMS = 4;
const WEIGHT_BITS = 24;
/** The second character of a pair counts so much more: texts are Latin-1, as fields of HTTP are. */
const SECOND = 256;

/** @param maxLength of a text, in characters: at most 2^14 */
export function createTokenHash(maxLength: number): (text: string) => TokenHash {
  // Drawn when first needed: Workers give no random numbers before a request.
  let weights: Float64Array | null = null;
  return function hash(text) {
    weights ??= draw(SUMS * Math.ceil(maxLength / 2));
    const weight = weights;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < text.length; i += 2) {
      // Past the end there is NaN, which `|` makes 0. No field of HTTP has a character that is 0.
      const pair = text.charCodeAt(i) + SECOND * (text.charCodeAt(i + 1) | 0);
      const at = (SUMS / 2) * i;
      a += pair * (weight[at] ?? Number.NaN);
      b += pair * (weight[at + 1] ?? Number.NaN);
      c += pair * (weight[at + 2] ?? Number.NaN);
      d += pair * (weight[at + 3] ?? Number.NaN);
    }
    return [a, b, c, d];
  };
}

/** The most that one call of getRandomValues gives, in numbers of 32 bits. */
const DRAW = 16_384;

function draw(count: number): Float64Array {
  const weights = new Float64Array(count);
  for (let from = 0; from < count; from += DRAW) {
    const random = crypto.getRandomValues(new Uint32Array(Math.min(DRAW, count - from)));
    weights.set(
      random.map((number) => number >>> (32 - WEIGHT_BITS)),
      from,
    );
  }
  return weights;
}
