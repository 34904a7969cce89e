import { RedisError } from "./reply.ts";

export type Value = string | Map<string, string>;

type Entry = { value: Value /** Milliseconds since the epoch. */; expiresAt: number | null };

/** Commands between two sweeps of what has expired unseen. */
const SWEEP_INTERVAL = 4_096;

/** The keys of one database, with expiry. All times are milliseconds since the epoch. */
export class Keyspace {
  readonly #entries = new Map<string, Entry>();
  #lookups = 0;
  /** The time that every lookup goes by; one for a whole command or script, as Redis has it for expiry. */
  now = 0;

  string(key: string): string | null {
    const value = this.#live(key)?.value ?? null;
    if (value instanceof Map) throw wrongType();
    return value;
  }

  hash(key: string): Map<string, string> | null {
    const value = this.#live(key)?.value ?? null;
    if (typeof value === "string") throw wrongType();
    return value;
  }

  /** The hash of that name, made if there is none. */
  ensureHash(key: string): Map<string, string> {
    const found = this.hash(key);
    if (found !== null) return found;
    const made = new Map<string, string>();
    this.#entries.set(key, { value: made, expiresAt: null });
    return made;
  }

  typeOf(key: string): "string" | "hash" | "none" {
    const entry = this.#live(key);
    if (entry === undefined) return "none";
    return typeof entry.value === "string" ? "string" : "hash";
  }

  /** @param expiresAt null: never; undefined: as the key had it */
  setString(key: string, value: string, expiresAt?: number | null): void {
    const kept = expiresAt === undefined ? (this.#live(key)?.expiresAt ?? null) : expiresAt;
    this.#entries.set(key, { value, expiresAt: kept });
  }

  delete(key: string): boolean {
    const existed = this.#live(key) !== undefined;
    this.#entries.delete(key);
    return existed;
  }

  /** Undefined: no such key. Null: it never expires. */
  expiryOf(key: string): number | null | undefined {
    return this.#live(key)?.expiresAt;
  }

  /** @returns whether there is such a key */
  expireAt(key: string, expiresAt: number | null): boolean {
    const entry = this.#live(key);
    if (entry === undefined) return false;
    entry.expiresAt = expiresAt;
    return true;
  }

  keys(): string[] {
    this.#sweep();
    return [...this.#entries.keys()];
  }

  clear(): void {
    this.#entries.clear();
  }

  #live(key: string): Entry | undefined {
    if (++this.#lookups % SWEEP_INTERVAL === 0) this.#sweep();
    const entry = this.#entries.get(key);
    if (entry === undefined || !this.#isOver(entry)) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  #sweep(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#isOver(entry)) this.#entries.delete(key);
    }
  }

  #isOver({ expiresAt }: Entry): boolean {
    return expiresAt !== null && expiresAt <= this.now;
  }
}

function wrongType(): RedisError {
  return new RedisError("WRONGTYPE Operation against a key holding the wrong kind of value");
}
