import type { Entry } from "./entry.ts";
import type { Matcher } from "./purge.ts";

/** An answer on its way into the store. */
export type Fill = { readonly purgedBy: Matcher[] };

/**
 * Fills in progress. One that began before a purge may carry what the purge was about, so it must
 * not be stored after it.
 */
export class Fills {
  readonly #current = new Set<Fill>();

  begin(): Fill {
    const fill: Fill = { purgedBy: [] };
    this.#current.add(fill);
    return fill;
  }

  end(fill: Fill): void {
    this.#current.delete(fill);
  }

  purge(matches: Matcher): void {
    for (const fill of this.#current) fill.purgedBy.push(matches);
  }
}

export function isPurged(fill: Fill, entry: Entry): boolean {
  return fill.purgedBy.some((matches) => matches(entry));
}
