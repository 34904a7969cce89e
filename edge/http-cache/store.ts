import type { Entry } from "./entry.ts";
import type { Matcher } from "./purge.ts";
import { Recency } from "./recency.ts";
import type { Selecting } from "./request.ts";
import { variantOf } from "./vary.ts";

/** The stored responses of one key: by which headers they vary, and each by its variant. */
type Group = { readonly varies: (readonly string[])[]; readonly variants: Map<string, Entry> };

/** An upper bound for the variants of one key, so that no header can make a lookup slow. */
const MAX_VARIANTS = 100;

/**
 * What errors may take of the budget. Addresses of nothing are more than those of something, and cost nothing to
 * make up: they must not make room for themselves at the cost of what is there.
 */
const ERROR_SHARE = 1 / 20;

/** Of two responses the later counts (RFC 9111 §4), as far as `Date` can tell. */
const DATE_PRECISION_MS = 1_000;

/** Stored responses, bounded in bytes; the one used longest ago makes room. */
export class Store {
  readonly #maxBytes: number;
  readonly #maxEntryBytes: number;
  readonly #maxErrorBytes: number;
  readonly #normalisesVary: boolean;
  readonly #groups = new Map<string, Group>();
  readonly #used = new Recency();
  /** Those among them that are errors (4xx, 5xx). */
  readonly #errors = new Recency();
  #evictions = 0;

  /** @param maxEntryBytes an entry's share: nothing larger is stored */
  constructor(maxBytes: number, maxEntryBytes: number, normalisesVary: boolean) {
    this.#maxBytes = maxBytes;
    this.#maxEntryBytes = Math.min(maxEntryBytes, maxBytes);
    this.#maxErrorBytes = Math.min(maxEntryBytes, maxBytes * ERROR_SHARE);
    this.#normalisesVary = normalisesVary;
  }

  get bytes(): number {
    return this.#used.bytes;
  }

  get size(): number {
    return this.#used.size;
  }

  get evictions(): number {
    return this.#evictions;
  }

  hasKey(key: string): boolean {
    return this.#groups.has(key);
  }

  /** The newest stored response that the request selects (RFC 9111 §4.1); it counts as used. */
  find(key: string, request: Selecting): Entry | null {
    const group = this.#groups.get(key);
    if (group === undefined) return null;
    let newest: Entry | null = null;
    for (const names of group.varies) {
      const found = group.variants.get(nameOf(names, variantOf(names, request, this.#normalisesVary)));
      if (found !== undefined && (newest === null || found.bornAt > newest.bornAt)) newest = found;
    }
    if (newest === null) return null;
    this.#used.use(newest);
    if (isError(newest)) this.#errors.use(newest);
    return newest;
  }

  /** What tells this request's variant from the key's others, as far as is known by now. */
  variantFor(key: string, request: Selecting): string {
    const names = this.#groups.get(key)?.varies[0];
    return names === undefined ? (request.guard ?? "") : variantOf(names, request, this.#normalisesVary);
  }

  /** @returns whether it was stored: not if it is too large, or older than what is there */
  put(entry: Entry): boolean {
    if (entry.bytes > (isError(entry) ? this.#maxErrorBytes : this.#maxEntryBytes)) return false;
    const group = this.#groups.get(entry.key) ?? { varies: [], variants: new Map<string, Entry>() };
    const name = nameOf(entry.vary, entry.variant);
    const same = group.variants.get(name);
    if (same !== undefined && same.bornAt > entry.bornAt + DATE_PRECISION_MS) return false;
    const former = same ?? this.#excess(group);
    if (former !== undefined) this.#forget(former, group);
    if (!group.varies.some((names) => sameNames(names, entry.vary))) group.varies.unshift(entry.vary);
    group.variants.set(name, entry);
    this.#groups.set(entry.key, group);
    this.#used.add(entry);
    if (isError(entry)) this.#errors.add(entry);
    this.#makeRoom(this.#errors, this.#maxErrorBytes);
    this.#makeRoom(this.#used, this.#maxBytes);
    return true;
  }

  /** @returns whether it was there: not if it was purged or replaced meanwhile */
  remove(entry: Entry): boolean {
    const group = this.#groups.get(entry.key);
    if (group === undefined || !this.#used.has(entry)) return false;
    this.#forget(entry, group);
    if (group.variants.size === 0) this.#groups.delete(entry.key);
    return true;
  }

  removeKey(key: string): void {
    for (const entry of this.#groups.get(key)?.variants.values() ?? []) this.remove(entry);
  }

  purge(matches: Matcher): void {
    for (const entry of this.#used.inOrder()) if (matches(entry)) this.remove(entry);
  }

  /** Makes what matches stale from now on, without forgetting it. */
  makeStale(matches: Matcher, now: number): void {
    for (const entry of [...this.#used.inOrder()]) {
      if (matches(entry) && entry.freshUntil > now) this.put({ ...entry, freshUntil: now });
    }
  }

  #makeRoom(among: Recency, maxBytes: number): void {
    for (const entry of among.inOrder()) {
      if (among.bytes <= maxBytes) return;
      this.remove(entry);
      this.#evictions++;
    }
  }

  #excess({ variants }: Group): Entry | undefined {
    return variants.size < MAX_VARIANTS ? undefined : variants.values().next().value;
  }

  #forget(entry: Entry, group: Group): void {
    group.variants.delete(nameOf(entry.vary, entry.variant));
    const varies = group.varies.findIndex((names) => sameNames(names, entry.vary));
    const isLast = ![...group.variants.values()].some((other) => sameNames(other.vary, entry.vary));
    if (isLast && varies >= 0) group.varies.splice(varies, 1);
    this.#used.delete(entry);
    this.#errors.delete(entry);
  }
}

function isError({ status }: Entry): boolean {
  return status >= 400;
}

function nameOf(names: readonly string[], variant: string): string {
  return names.length === 0 ? variant : `${names.join()}\n${variant}`;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}
