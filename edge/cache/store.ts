import type { Answer } from "./answer.ts";

export type Entry = {
  readonly answer: Answer;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
};

/** What an entry costs beside its texts and body: map slot, objects. An estimate, in bytes. */
const OVERHEAD_BYTES = 400;
/** No entry may take more than this share of the store. */
const MAX_SHARE = 1 / 16;

/** Entries by key, bounded in bytes; the least recently used makes room. */
export class Store {
  readonly #maxBytes: number;
  // A Map iterates in insertion order: what is used is moved to the end, so the first is the oldest.
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** False when the entry is larger than its share and so is not kept. */
  set(key: string, entry: Entry): boolean {
    this.#remove(key);
    const bytes = sizeOf(key, entry);
    if (bytes > this.#maxBytes * MAX_SHARE) return false;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      this.#remove(oldest);
    }
    this.#entries.set(key, entry);
    this.#bytes += bytes;
    return true;
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= sizeOf(key, entry);
  }
}

function sizeOf(key: string, { answer }: Entry): number {
  let characters = key.length;
  for (const [name, value] of Object.entries(answer.headers)) characters += name.length + value.length;
  return OVERHEAD_BYTES + 2 * characters + answer.body.byteLength;
}
