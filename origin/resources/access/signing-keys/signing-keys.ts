import type { CryptoKey } from "jose";
import type { SecretList } from "#shared/environment.ts";
import { CannotStart } from "../../../cannot-start.ts";
import type { Connections, Transaction } from "../../../db/client.ts";
import type { PublicKeyJwk } from "../../../db/tables/signing-keys.ts";
import { BRIEFLY_MS } from "../../../db/timeouts.ts";
import { createSeal } from "../../../seal.ts";
import { makeKeyPair, openPrivateKey } from "./key-pair.ts";
import { alone, changeKey, insertKey, prolong, readKeys, type StoredKey } from "./rows.ts";
import { isRotationDue, type KeyState, signerOf, stateOf, unneededFrom } from "./schedule.ts";

/** The key that signs now. */
export type SigningKey = { readonly kid: string; readonly privateKey: CryptoKey };
export type PublishedKey = PublicKeyJwk & { readonly kid: string };

/** A key as an operator sees it. Times are milliseconds since the epoch; null: not known yet. */
export type ListedKey = {
  readonly kid: string;
  readonly state: KeyState | "withdrawn";
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
  /**
   * Takes a key that is in the wrong hands out of use at once: it signs no more and is not published. If it
   * was the one that signs, the next one does from now on, which is made if none waits.
   * @returns null when there is no such key, or it was withdrawn before
   */
  readonly withdraw: (kid: string) => Promise<ListedKey | null>;
  /** Seals with the secret in use what is sealed with one before it. Returns the keys that were. */
  readonly reseal: () => Promise<readonly string[]>;
};

export type KeySchedule = {
  /** How long a key signs. */
  readonly lifetimeSeconds: number;
  /** How long it is published before: the longest that a verifier may keep a key set. */
  readonly publishSeconds: number;
};

type Options = {
  readonly connections: Pick<Connections, "own">;
  readonly secrets: SecretList;
  readonly schedule: KeySchedule;
  readonly tokenLifetimeSeconds: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** How long an origin goes by the keys it has read: one that is withdrawn may sign for so long. */
const KEEP_MS = 10_000;

/** Signing keys that live in Postgres, their private halves encrypted. */
export function createSigningKeys(options: Options): SigningKeys {
  const { connections, secrets, schedule, tokenLifetimeSeconds, now } = options;
  const { own } = connections;
  const seal = createSeal(secrets, "signing keys");
  const keepMs = Math.min(KEEP_MS, schedule.publishSeconds * 500);
  const opened = new Map<string, Promise<CryptoKey>>();
  let kept: { readonly keys: readonly StoredKey[]; readonly until: number } | null = null;

  async function keysInUse(): Promise<readonly StoredKey[]> {
    if (kept === null || kept.until < now())
      kept = { keys: await own(goodKeys, BRIEFLY_MS), until: now() + keepMs };
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
    const key = { ...(await makeKeyPair(seal)), signsFrom, tokenLifetimeSeconds, withdrawnAt: null };
    await insertKey(tx, key);
    kept = null;
    return listed(key, [...keys, key], now());
  }

  /** Whoever goes by the schedule sees no key that was withdrawn. */
  const goodKeys = async (tx: Parameters<typeof readKeys>[0]) => (await readKeys(tx)).filter(isGood);

  const publishNext = (tx: Transaction, keys: readonly StoredKey[]) =>
    add(tx, keys, now() + schedule.publishSeconds * 1000);

  return {
    async ensure() {
      await alone(own, async (tx) => {
        if ((await goodKeys(tx)).length === 0) await add(tx, [], now());
      });
      // At the start, not at the first token.
      await current().catch((cause) => {
        const what =
          "KEY_ENCRYPTION_SECRET does not have the one that the stored signing key was sealed with.";
        throw new CannotStart(what, { cause });
      });
    },

    current,

    async published() {
      const keys = await own(goodKeys, BRIEFLY_MS);
      return keys
        .filter((key) => stateOf(key, keys, now()) !== "gone")
        .sort((a, b) => b.signsFrom - a.signsFrom)
        .map(({ kid, publicJwk }) => ({ ...publicJwk, kid }));
    },

    async list() {
      const keys = await own(readKeys, BRIEFLY_MS);
      const good = keys.filter(isGood);
      return keys.map((key) => listed(key, good, now())).sort((a, b) => b.signsFrom - a.signsFrom);
    },

    rotate: () =>
      alone(own, async (tx) => {
        const keys = await goodKeys(tx);
        const waits = keys.some((key) => stateOf(key, keys, now()) === "published");
        return waits ? null : publishNext(tx, keys);
      }),

    rotateWhenDue: () =>
      alone(own, async (tx) => {
        const keys = await goodKeys(tx);
        const live = keys.filter((key) => ["signing", "published"].includes(stateOf(key, keys, now())));
        await prolong(
          tx,
          live.map(({ kid }) => kid),
          tokenLifetimeSeconds,
        );
        return isRotationDue(keys, schedule, now()) ? publishNext(tx, keys) : null;
      }),

    withdraw: (kid) =>
      alone(own, async (tx) => {
        const keys = await goodKeys(tx);
        const key = keys.find((each) => each.kid === kid);
        if (key === undefined) return null;
        const withdrawn = { ...key, withdrawnAt: now() };
        await changeKey(tx, kid, withdrawn);
        const others = keys.filter((each) => each.kid !== kid);
        const waiting = others.find((each) => stateOf(each, keys, now()) === "published");
        if (stateOf(key, keys, now()) === "signing") {
          if (waiting === undefined) await add(tx, others, now());
          else await changeKey(tx, waiting.kid, { signsFrom: now() });
        }
        kept = null;
        return listed(withdrawn, keys, now());
      }),

    reseal: () =>
      alone(own, async (tx) => {
        const resealed: string[] = [];
        for (const { kid, sealedPrivateJwk } of await readKeys(tx)) {
          const renewed = seal.renew(kid, sealedPrivateJwk);
          if (renewed === null) continue;
          await changeKey(tx, kid, { sealedPrivateJwk: renewed });
          resealed.push(kid);
        }
        return resealed;
      }),
  };
}

function isGood({ withdrawnAt }: StoredKey): boolean {
  return withdrawnAt === null;
}

/** @param keys those that are good */
function listed(key: StoredKey, keys: readonly StoredKey[], now: number): ListedKey {
  const { withdrawnAt } = key;
  if (withdrawnAt !== null) {
    return { kid: key.kid, state: "withdrawn", signsFrom: key.signsFrom, unneededFrom: withdrawnAt };
  }
  const end = unneededFrom(key, keys);
  return {
    kid: key.kid,
    state: stateOf(key, keys, now),
    signsFrom: key.signsFrom,
    unneededFrom: Number.isFinite(end) ? end : null,
  };
}
