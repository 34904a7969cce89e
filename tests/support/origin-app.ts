import { buildApp } from "#origin/app.ts";
import { readConfig } from "#origin/config.ts";
import { connect } from "#origin/db/client.ts";
import { createLogger } from "#origin/log.ts";
import { createMetrics } from "#origin/metrics.ts";
import type { Services } from "#origin/services.ts";
import type { Door } from "#origin/shedding/door.ts";
import { servicesOf } from "./services.ts";

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
  const services = servicesOf(config, connections, metrics.registry);
  const countAttempt = () => Promise.reject(new Error("there is no Redis here"));
  const door: Door = { look: () => undefined, enter: (_priority, _tenantId, _response, begin) => begin() };
  const logger = createLogger("silent");
  const app = await buildApp({
    config,
    services,
    metrics,
    door,
    countAttempt,
    logger,
    tracing: null,
    reportError: null,
  });
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
