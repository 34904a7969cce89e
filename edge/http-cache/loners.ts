import { setBounded } from "../bounded-map.ts";

const REMEMBERED_MS = 10_000;
const MAX_KEYS = 1_000;
const MAX_KEY_LENGTH = 512;

/**
 * Keys whose last answer could not be shared: requests for them do not wait for one another, since
 * waiting would only put them in a queue.
 */
export class Loners {
  readonly #until = new Map<string, number>();

  /** @param now milliseconds since the epoch */
  has(key: string, now: number): boolean {
    if (this.#until.size === 0) return false;
    return (this.#until.get(key) ?? 0) > now;
  }

  note(key: string, isShareable: boolean, now: number): void {
    if (isShareable) this.#until.delete(key);
    else if (key.length <= MAX_KEY_LENGTH) setBounded(this.#until, MAX_KEYS, key, now + REMEMBERED_MS);
  }
}
