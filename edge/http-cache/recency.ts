import type { Entry } from "./entry.ts";

/** Entries in the order of their use, and what they take. */
export class Recency {
  readonly #entries = new Set<Entry>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(entry: Entry): boolean {
    return this.#entries.has(entry);
  }

  add(entry: Entry): void {
    this.#entries.add(entry);
    this.#bytes += entry.bytes;
  }

  delete(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#bytes -= entry.bytes;
  }

  /** Makes it the one used last. */
  use(entry: Entry): void {
    this.#entries.delete(entry);
    this.#entries.add(entry);
  }

  /** The one used longest ago first. */
  inOrder(): Iterable<Entry> {
    return this.#entries;
  }
}
