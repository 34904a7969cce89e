import { v7 as uuidv7 } from "uuid";

/**
 * An id that says when it was made (RFC 9562 §5.7).
 * @param now milliseconds since the epoch
 */
export function newId(now: number): string {
  return uuidv7({ msecs: now });
}

/** The least id that can have been made at this instant: to list by date is to list by id. */
export function firstIdOf(instant: string): string {
  const ms = Math.max(0, Date.parse(instant)).toString(16).padStart(12, "0");
  return `${ms.slice(0, 8)}-${ms.slice(8)}-0000-0000-000000000000`;
}
