const BASE_MS = 50;
const MAX_MS = 1_000;

/**
 * How long to wait before a retry: full jitter over a span that doubles, so that those who failed
 * together do not come back together.
 * @param retry which one it is, from 1
 * @param random from 0 to 1
 * @returns milliseconds
 */
export function backoffMs(retry: number, random: number): number {
  return Math.floor(random * Math.min(MAX_MS, BASE_MS * 2 ** (retry - 1)));
}
