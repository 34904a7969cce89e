import { jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, createdAt } from "./columns.ts";

/** The members of a public ES256 key (RFC 7518 §6.2.1). */
export type PublicKeyJwk = {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
};

/** The keys that tokens are signed with; the newest signs, all are published. */
export const signingKeys = pgTable("signing_keys", {
  kid: text().primaryKey(),
  publicJwk: jsonb().$type<PublicKeyJwk>().notNull(),
  /** The private JWK, sealed with AES-256-GCM (`origin/resources/access/seal.ts`). */
  sealedPrivateJwk: bytes().notNull(),
  createdAt: createdAt(),
});
