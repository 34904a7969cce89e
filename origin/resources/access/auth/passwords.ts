import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { type Cost, formatPhc, parsePhc } from "./phc.ts";
import { createSlots } from "./slots.ts";

export type Passwords = {
  /** @returns a PHC string */
  readonly hash: (password: string) => Promise<string>;
  /**
   * Compares in constant time.
   * @param stored a PHC string; null when there is no such account, which takes as long and never matches
   */
  readonly matches: (password: string, stored: string | null) => Promise<boolean>;
};

/** OWASP's minimum for argon2id: 19 MiB, 2 passes, 1 lane; about 20 ms. */
const COST: Cost = { memoryKib: 19 * 1024, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/**
 * At most this many of libuv's four threads hash passwords; the others are for signatures, files and
 * names. The queue empties in about a quarter of a second.
 */
const SLOTS = { running: 2, waiting: 24 };

const derive = promisify(argon2);

/** @param onHash called once for each hash that is computed */
export function createPasswords(onHash: () => void): Passwords {
  const run = createSlots(SLOTS);

  function compute(
    password: string,
    salt: Buffer,
    { memoryKib, passes, parallelism }: Cost,
    tagLength: number,
  ) {
    return run(() => {
      onHash();
      // The same characters in another normal form are the same password (NIST SP 800-63B §3.1.1.2).
      const message = password.normalize("NFKC");
      return derive("argon2id", { message, nonce: salt, parallelism, tagLength, memory: memoryKib, passes });
    });
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      return formatPhc({ ...COST, salt, hash: await compute(password, salt, COST, HASH_BYTES) });
    },

    async matches(password, stored) {
      if (stored === null) {
        await compute(password, randomBytes(SALT_BYTES), COST, HASH_BYTES);
        return false;
      }
      const { salt, hash, ...cost } = parsePhc(stored);
      return timingSafeEqual(await compute(password, salt, cost, hash.length), hash);
    },
  };
}
