/** When an event is sent again that did not arrive. Time and chance are arguments. */

/** All attempts together: about a day on average, two at most. */
export const MAX_ATTEMPTS = 18;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;
/** A receiver may ask for more patience than we have, or for none. */
const SHORTEST_ASKED_MS = 1_000;

/** What comes after an attempt that failed. */
export type Next = { readonly kind: "again"; readonly at: number } | { readonly kind: "dead" };

/**
 * Exponential backoff with full jitter: receivers that come back are not met by everything at once.
 * @param attempts how many there have been, at least 1
 * @param retryAfter what the receiver said in `Retry-After`, if anything
 * @param now milliseconds since the epoch
 * @param random from 0 to below 1
 */
export function afterFailure(
  attempts: number,
  retryAfter: string | null,
  now: number,
  random: () => number,
): Next {
  if (attempts >= MAX_ATTEMPTS) return { kind: "dead" };
  const asked = readRetryAfter(retryAfter, now);
  const pause = asked ?? Math.floor(random() * longestPause(attempts));
  return { kind: "again", at: now + pause };
}

/** Milliseconds that the pause after so many attempts takes at most. */
export function longestPause(attempts: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1));
}

/** An HTTP date as it is written today (RFC 9110 §5.6.7); the obsolete forms are not taken. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The pause that `Retry-After` asks for (RFC 9110 §10.2.3), within bounds. Null: it asks for none that can be read. */
function readRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  const asked = /^\d{1,10}$/.test(text)
    ? Number(text) * 1_000
    : HTTP_DATE.test(text)
      ? Date.parse(text) - now
      : Number.NaN;
  return Number.isNaN(asked) ? null : Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_ASKED_MS, asked));
}
