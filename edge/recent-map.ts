/**
 * A map that keeps what was used of late and forgets the rest: at least the `capacity` / 2 keys used
 * last, at most `capacity`. Whoever fills it with keys of their own cannot drive out those in use, as
 * they could where everything is cleared, or the oldest dropped, however often it is used.
 *
 * Two generations: when the younger one is full, the elder is dropped and the younger takes its place.
 * A key in use costs one look-up, where reordering a `Map` would cost a deletion and an insertion.
 */
export class RecentMap<K, V> {
  readonly #half: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(capacity: number) {
    this.#half = Math.max(1, capacity >> 1);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
