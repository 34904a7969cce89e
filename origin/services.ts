import type { Registry } from "prom-client";
import type { OriginConfig } from "./config.ts";
import type { Cursors } from "./cursor.ts";
import type { Connections } from "./db/client.ts";
import type { Write } from "./db/write.ts";
import type { Passwords } from "./resources/access/auth/passwords.ts";
import type { SigningKeys } from "./resources/access/signing-keys/signing-keys.ts";

/** What handlers work with. */
export type Services = {
  readonly connections: Connections;
  readonly write: Write;
  /** Tells the relay that something was committed. */
  readonly committed: () => void;
  readonly cursors: Cursors;
  readonly signingKeys: SigningKeys;
  readonly passwords: Passwords;
  /** Of `/metrics`: what a resource counts, it registers itself. */
  readonly registry: Registry;
  readonly config: Pick<
    OriginConfig,
    "tokens" | "developmentPublicKey" | "keyEncryptionSecrets" | "sessionLifetimeSeconds" | "webhookTargets"
  >;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};
