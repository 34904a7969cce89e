import type { Registry } from "prom-client";
import type { OriginConfig } from "#origin/config.ts";
import { createCursors } from "#origin/cursor.ts";
import type { Connections } from "#origin/db/client.ts";
import { createWrite } from "#origin/db/write.ts";
import { createPasswords } from "#origin/resources/access/auth/passwords.ts";
import { createSigningKeys } from "#origin/resources/access/signing-keys/signing-keys.ts";
import type { Services } from "#origin/services.ts";

/** What handlers work with, and nothing that would ask the database by itself: there is no relay to tell. */
export function servicesOf(config: OriginConfig, connections: Connections, registry: Registry): Services {
  const now = Date.now;
  const committed = () => undefined;
  return {
    connections,
    write: createWrite({ connections, committed }),
    committed,
    cursors: createCursors(config.cursorSecrets),
    signingKeys: createSigningKeys({
      connections,
      secrets: config.keyEncryptionSecrets,
      schedule: config.signingKeys,
      tokenLifetimeSeconds: config.tokens.lifetimeSeconds,
      now,
    }),
    passwords: createPasswords(() => undefined),
    registry,
    config,
    now,
  };
}
