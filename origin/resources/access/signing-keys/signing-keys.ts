import type { CryptoKey } from "jose";
import { CannotStart } from "../../../cannot-start.ts";
import type { Connections, Transaction } from "../../../db/client.ts";
import type { PublicKeyJwk } from "../../../db/tables/signing-keys.ts";
import { createSeal } from "../../../seal.ts";
import { makeKeyPair, openPrivateKey } from "./key-pair.ts";
import { alone, insertKey, prolong, readKeys, type StoredKey } from "./rows.ts";
import { isRotationDue, type KeyState, signerOf, stateOf, unneededFrom } from "./schedule.ts";

/** The key that signs now. */
export type SigningKey = { readonly kid: string; readonly privateKey: CryptoKey };
export type PublishedKey = PublicKeyJwk & { readonly kid: string };

/** A key as an operator sees it. Times are milliseconds since the epoch; null: not known yet. */
export type ListedKey = {
  readonly kid: string;
  readonly state: KeyState;
  readonly signsFrom: number;
  readonly unneededFrom: number | null;
};

export type SigningKeys = {
  /** Makes the first key if there is none. Several origins may start at once. */
  readonly ensure: () => Promise<void>;
  readonly current: () => Promise<SigningKey>;
  /** The public halves of all keys that verify a token that still lives, or soon will. */
  readonly published: () => Promise<readonly PublishedKey[]>;
  readonly list: () => Promise<readonly ListedKey[]>;
  /**
   * Publishes the next key; it signs when verifiers have had the time to learn of it.
   * @returns null when one waits to sign already
   */
  readonly rotate: () => Promise<ListedKey | null>;
  /** The same when the newest key has signed for its time. Several origins may ask at once. */
  readonly rotateWhenDue: () => Promise<ListedKey | null>;
};

export type KeySchedule = {
  /** How long a key signs. */
  readonly lifetimeSeconds: number;
  /** How long it is published before: the longest that a verifier may keep a key set. */
  readonly publishSeconds: number;
};

type Options = {
  readonly connections: Pick<Connections, "db">;
  readonly secret: string;
  readonly schedule: KeySchedule;
  readonly tokenLifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How long an origin goes by the keys it has read; a new one is noticed before it signs. */
const KEEP_MS = 60_000;

/** Signing keys that live in Postgres, their private halves encrypted. */
export function createSigningKeys(options: Options): SigningKeys {
  const { connections, secret, schedule, tokenLifetimeSeconds, now } = options;
  const { db } = connections;
  const seal = createSeal(secret, "signing keys");
  const keepMs = Math.min(KEEP_MS, schedule.publishSeconds * 500);
  const opened = new Map<string, Promise<CryptoKey>>();
  let kept: { readonly keys: readonly StoredKey[]; readonly until: number } | null = null;

  async function keysInUse(): Promise<readonly StoredKey[]> {
    if (kept === null || kept.until < now()) kept = { keys: await readKeys(db), until: now() + keepMs };
    return kept.keys;
  }

  async function current(): Promise<SigningKey> {
    const signer = signerOf(await keysInUse(), now());
    if (signer === undefined) throw new Error("there is no signing key");
    const { kid, sealedPrivateJwk } = signer;
    const privateKey = opened.get(kid) ?? openPrivateKey(seal, kid, sealedPrivateJwk);
    opened.set(kid, privateKey);
    return { kid, privateKey: await privateKey };
  }

  async function add(tx: Transaction, keys: readonly StoredKey[], signsFrom: number): Promise<ListedKey> {
    const key = { ...(await makeKeyPair(seal)), signsFrom, tokenLifetimeSeconds };
    await insertKey(tx, key);
    kept = null;
    return listed(key, [...keys, key], now());
  }

  const publishNext = (tx: Transaction, keys: readonly StoredKey[]) =>
    add(tx, keys, now() + schedule.publishSeconds * 1000);

  return {
    async ensure() {
      await alone(db, async (tx) => {
        if ((await readKeys(tx)).length === 0) await add(tx, [], now());
      });
      // At the start, not at the first token.
      await current().catch((cause) => {
        const what = "KEY_ENCRYPTION_SECRET is not the one that the stored signing key was sealed with.";
        throw new CannotStart(what, { cause });
      });
    },

    current,

    async published() {
      const keys = await readKeys(db);
      return keys
        .filter((key) => stateOf(key, keys, now()) !== "gone")
        .sort((a, b) => b.signsFrom - a.signsFrom)
        .map(({ kid, publicJwk }) => ({ ...publicJwk, kid }));
    },

    async list() {
      const keys = await readKeys(db);
      return keys.map((key) => listed(key, keys, now())).sort((a, b) => b.signsFrom - a.signsFrom);
    },

    rotate: () =>
      alone(db, async (tx) => {
        const keys = await readKeys(tx);
        const waits = keys.some((key) => stateOf(key, keys, now()) === "published");
        return waits ? null : publishNext(tx, keys);
      }),

    rotateWhenDue: () =>
      alone(db, async (tx) => {
        const keys = await readKeys(tx);
        const live = keys.filter((key) => ["signing", "published"].includes(stateOf(key, keys, now())));
        await prolong(
          tx,
          live.map(({ kid }) => kid),
          tokenLifetimeSeconds,
        );
        return isRotationDue(keys, schedule, now()) ? publishNext(tx, keys) : null;
      }),
  };
}

function listed(key: StoredKey, keys: readonly StoredKey[], now: number): ListedKey {
  const end = unneededFrom(key, keys);
  return {
    kid: key.kid,
    state: stateOf(key, keys, now),
    signsFrom: key.signsFrom,
    unneededFrom: Number.isFinite(end) ? end : null,
  };
}
