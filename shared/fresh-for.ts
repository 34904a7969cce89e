/**
 * How long an answer may be shown as fresh, on its way from the origin to the edge: some things change
 * without a write (a price's validity ends, a reservation expires). Seconds that remain, not an instant,
 * so that the two tiers' clocks need not agree; whole ones, rounded down.
 */

const MAX_SECONDS = 2 ** 31;

/**
 * The header's value for an answer that holds until `until`.
 * @param now milliseconds since the epoch
 */
export function formatFreshFor(until: Date, now: number): string {
  const seconds = Math.floor((until.getTime() - now) / 1000);
  // An invalid date gives NaN, which no comparison holds for.
  return seconds > 0 ? String(Math.min(seconds, MAX_SECONDS)) : "0";
}

/**
 * Seconds that remain by the header's value; 0 when it cannot be read.
 * @returns null when the answer states none
 */
export function parseFreshFor(value: string | undefined): number | null {
  if (value === undefined) return null;
  return /^\d{1,10}$/.test(value) ? Number(value) : 0;
}
