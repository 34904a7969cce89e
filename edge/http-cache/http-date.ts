/**
 * HTTP dates (RFC 9110 §5.6.7): the preferred form and the two obsolete ones, without regard to case
 * (§5.6.7 lets recipients be robust, RFC 9111 §4.2 asks them to match names so). Nothing else:
 * `Date.parse` would take any zone and any spelling, and a date misread is a response kept too long.
 */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const TIME = "(\\d{2}):(\\d{2}):(\\d{2})";
const IMF_FIXDATE = new RegExp(`^[a-z]{3}, (\\d{2}) ([a-z]{3}) (\\d{4}) ${TIME} gmt$`);
const RFC_850 = new RegExp(`^[a-z]{6,9}, (\\d{2})-([a-z]{3})-(\\d{2}) ${TIME} gmt$`);
const ASCTIME = new RegExp(`^[a-z]{3} ([a-z]{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`);

/**
 * @param now milliseconds since the epoch; a two-digit year is taken to be at most 50 years ahead of it
 * @returns milliseconds since the epoch, or null when the text is no HTTP date
 */
export function parseHttpDate(text: string, now: number): number | null {
  const lower = text.toLowerCase();
  const fixed = IMF_FIXDATE.exec(lower);
  if (fixed) return toTime(fixed[3], fixed[2], fixed[1], fixed.slice(4, 7));
  const asctime = ASCTIME.exec(lower);
  if (asctime) return toTime(asctime[6], asctime[1], asctime[2], asctime.slice(3, 6));
  const rfc850 = RFC_850.exec(lower);
  if (rfc850) return toTime(fullYear(Number(rfc850[3]), now), rfc850[2], rfc850[1], rfc850.slice(4, 7));
  return null;
}

export function formatHttpDate(time: number): string {
  return new Date(time).toUTCString();
}

function fullYear(twoDigits: number, now: number): number {
  const year = new Date(now).getUTCFullYear();
  const candidate = year - (year % 100) + twoDigits;
  return candidate > year + 50 ? candidate - 100 : candidate;
}

function toTime(
  year: string | number | undefined,
  month: string | undefined,
  day: string | undefined,
  clock: readonly string[],
): number | null {
  const monthIndex = MONTHS.indexOf(month ?? "");
  const [hours = 99, minutes = 99, seconds = 99] = clock.map(Number);
  // A leap second is a valid second (RFC 9110 §5.6.7); Date.UTC carries it over.
  if (monthIndex < 0 || hours > 23 || minutes > 59 || seconds > 60) return null;
  const dayOfMonth = Number(day);
  const time = Date.UTC(Number(year), monthIndex, dayOfMonth, hours, minutes, seconds);
  return new Date(Date.UTC(Number(year), monthIndex, dayOfMonth)).getUTCDate() === dayOfMonth ? time : null;
}
