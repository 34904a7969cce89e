import { desc, sql } from "drizzle-orm";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import { CannotStart } from "../../cannot-start.ts";
import type { Connections, Transaction } from "../../db/client.ts";
import { type PublicKeyJwk, signingKeys } from "../../db/tables/signing-keys.ts";
import { createSeal } from "./seal.ts";

/** The key that signs now. */
export type SigningKey = { readonly kid: string; readonly privateKey: CryptoKey };
export type PublishedKey = PublicKeyJwk & { readonly kid: string };

export type SigningKeys = {
  /** Makes the first key if there is none. Several origins may start at once. */
  readonly ensure: () => Promise<void>;
  /** The newest key; another origin's rotation is noticed within a minute. */
  readonly current: () => Promise<SigningKey>;
  /** The public halves of all keys, newest first. */
  readonly published: () => Promise<readonly PublishedKey[]>;
};

type Options = {
  readonly connections: Connections;
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

const KEEP_MS = 60_000;
const LOCK_NAME = "gatehouse signing keys";

/** Signing keys that live in Postgres, their private halves encrypted. */
export function createSigningKeys({ connections: { db }, secret, now }: Options): SigningKeys {
  const seal = createSeal(secret);
  let kept: { readonly key: SigningKey; readonly until: number } | null = null;

  async function newest(tx: Pick<Transaction, "select"> = db) {
    const rows = await tx
      .select({ kid: signingKeys.kid, sealedPrivateJwk: signingKeys.sealedPrivateJwk })
      .from(signingKeys)
      .orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid))
      .limit(1)
      .prepare("newest_signing_key")
      .execute();
    return rows[0];
  }

  async function open(): Promise<SigningKey> {
    const row = await newest();
    if (row === undefined) throw new Error("there is no signing key");
    const jwk: JWK = JSON.parse(seal.open(row.kid, row.sealedPrivateJwk));
    const privateKey = await importJWK(jwk, "ES256");
    if (privateKey instanceof Uint8Array) throw new Error("the signing key is not an ES256 key");
    return { kid: row.kid, privateKey };
  }

  return {
    async ensure() {
      const made = await generate();
      await db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${LOCK_NAME}, 0))`);
        if ((await newest(tx)) !== undefined) return;
        const sealedPrivateJwk = seal.close(made.kid, made.privateJwk);
        await tx.insert(signingKeys).values({
          kid: made.kid,
          publicJwk: made.publicJwk,
          sealedPrivateJwk,
          signsFrom: sql`now()`,
          tokenLifetimeSeconds: 86_400,
        });
      });
      // At the start, not at the first token.
      await open().catch((cause) => {
        throw new CannotStart(
          "KEY_ENCRYPTION_SECRET is not the one that the stored signing key was sealed with.",
          {
            cause,
          },
        );
      });
    },

    async current() {
      if (kept === null || kept.until < now()) kept = { key: await open(), until: now() + KEEP_MS };
      return kept.key;
    },

    async published() {
      const rows = await db
        .select({ kid: signingKeys.kid, publicJwk: signingKeys.publicJwk })
        .from(signingKeys)
        .orderBy(desc(signingKeys.createdAt))
        .prepare("published_signing_keys")
        .execute();
      return rows.map(({ kid, publicJwk }) => ({ ...publicJwk, kid }));
    },
  };
}

async function generate() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const { x, y } = await exportJWK(publicKey);
  if (x === undefined || y === undefined) throw new Error("the key has no coordinates");
  const publicJwk: PublicKeyJwk = { kty: "EC", crv: "P-256", x, y };
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, publicJwk, privateJwk: JSON.stringify(await exportJWK(privateKey)) };
}
