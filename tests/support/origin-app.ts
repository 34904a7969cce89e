import { buildApp } from "#origin/app.ts";
import { readConfig } from "#origin/config.ts";
import { createCursors } from "#origin/cursor.ts";
import { connect } from "#origin/db/client.ts";
import { createWrite } from "#origin/db/write.ts";
import { createLogger } from "#origin/log.ts";
import { createMetrics } from "#origin/metrics.ts";
import { createPasswords } from "#origin/resources/access/auth/passwords.ts";
import { createSigningKeys } from "#origin/resources/access/signing-keys/signing-keys.ts";
import type { Services } from "#origin/services.ts";

/** The origin's HTTP interface alone: no relay, no sweeper, nothing that would ask the database by itself. */
export type OriginApp = {
  readonly url: string;
  readonly services: Services;
  readonly stop: () => Promise<void>;
};

/** @param variables the origin's; `DATABASE_URL` may lead through a proxy */
export async function startOriginApp(
  variables: Readonly<Record<string, string>>,
  poolSize: number,
): Promise<OriginApp> {
  const config = readConfig(variables);
  const connections = connect({ url: config.databaseUrl, poolSize, applicationName: "test" });
  const metrics = createMetrics();
  const now = Date.now;
  const committed = () => undefined;
  const services: Services = {
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
    config,
    now,
  };
  const countAttempt = () => Promise.reject(new Error("there is no Redis here"));
  const door = () => undefined;
  const logger = createLogger("silent");
  const app = await buildApp({ config, services, metrics, door, countAttempt, logger });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    services,
    async stop() {
      app.server.closeAllConnections();
      await app.close();
      await connections.close(1);
    },
  };
}
