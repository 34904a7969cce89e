import { integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, createdAt, instantOrNull } from "./columns.ts";

/** The members of a public ES256 key (RFC 7518 §6.2.1). */
export type PublicKeyJwk = {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
};

/**
 * The keys that tokens are signed with. Which of them is published, signs or is retired follows from
 * these rows and the time (`origin/resources/access/signing-keys/schedule.ts`); nothing has to be switched.
 */
export const signingKeys = pgTable("signing_keys", {
  kid: text().primaryKey(),
  publicJwk: jsonb().$type<PublicKeyJwk>().notNull(),
  /** The private JWK, sealed with AES-256-GCM (`origin/seal.ts`). */
  sealedPrivateJwk: bytes().notNull(),
  /** From when on it signs; it is published as soon as it is here. */
  signsFrom: instantOrNull().notNull(),
  /** The longest life of a token that any origin may sign with it: so long it outlives its successor's start. */
  tokenLifetimeSeconds: integer().notNull(),
  /** From when on it is believed no more, whatever its time: it is in the wrong hands. */
  withdrawnAt: instantOrNull(),
  createdAt: createdAt(),
});
