import type { Entry } from "./entry.ts";

/** Entries in the order of their use, and what they take. */
export class Recency {
  readonly #entries = new Set<Entry>();
  /** The last of them, which need not be moved there again: a small `Set` that loses a member is made anew. */
  #latest: Entry | null = null;
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
    this.#latest = null;
    this.#bytes += entry.bytes;
  }

  delete(entry: Entry): void {
    if (!this.#entries.delete(entry)) return;
    if (entry === this.#latest) this.#latest = null;
    this.#bytes -= entry.bytes;
  }

  /** Makes it the one used last. */
  use(entry: Entry): void {
    if (entry === this.#latest) return;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    this.#latest = entry;
  }

  /** The one used longest ago first. */
  inOrder(): Iterable<Entry> {
    return this.#entries;
  }
}
