/**
 * A hash of tokens by which they are remembered: four sums of the characters, each weighted by random
 * numbers of its place that nobody outside this isolate knows. Two texts, however they are chosen, have
 * the same sum with a probability of 2^-32 at most, all four with 2^-128: in some place they differ by
 * d, and of 2^32 weights there only one makes up for d times it. No assumption about an attacker's
 * means goes into that, and it costs what looking the text itself up would
 * (docs/decisions/0016-remembered-tokens.md). Sums stay exact: 2^7 x 2^32 x 2^13 < 2^53.
 */
export type TokenHash = readonly [number, number, number, number];

type Weights = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** @param maxLength of a text; ASCII */
export function createTokenHash(maxLength: number): (text: string) => TokenHash {
  // Drawn when first needed: Workers give no random numbers before a request.
  let weights: Weights | null = null;
  return function hash(text) {
    weights ??= [draw(maxLength), draw(maxLength), draw(maxLength), draw(maxLength)];
    const [p, q, r, s] = weights;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a += unit * (p[i] ?? Number.NaN);
      b += unit * (q[i] ?? Number.NaN);
      c += unit * (r[i] ?? Number.NaN);
      d += unit * (s[i] ?? Number.NaN);
    }
    return [a, b, c, d];
  };
}

/** The most that one call of getRandomValues gives, in numbers of 32 bits. */
const DRAW = 16_384;

function draw(length: number): Float64Array {
  const weights = new Float64Array(length);
  for (let from = 0; from < length; from += DRAW) {
    weights.set(crypto.getRandomValues(new Uint32Array(Math.min(DRAW, length - from))), from);
  }
  return weights;
}
