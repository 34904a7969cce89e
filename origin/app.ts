import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import { contract } from "#shared/contract.ts";
import { slowThresholds } from "#shared/request-line.ts";
import { assertionVerifier } from "./assertion.ts";
import type { CountAttempt } from "./attempts.ts";
import { clientErrors } from "./client-errors.ts";
import type { OriginConfig } from "./config.ts";
import type { ErrorHook } from "./error-hook.ts";
import { createHandlers } from "./handlers.ts";
import type { Metrics } from "./metrics.ts";
import { accountGuards } from "./plugins/account-limit.ts";
import { assertion } from "./plugins/assertion.ts";
import { bodies } from "./plugins/bodies.ts";
import { lifetime } from "./plugins/lifetime.ts";
import { observe } from "./plugins/observe.ts";
import { answerFrameworkError, problems } from "./plugins/problems.ts";
import { requestContext, requestIdOf } from "./plugins/request-context.ts";
import { secure } from "./plugins/secure.ts";
import { wellFormed } from "./plugins/well-formed.ts";
import { registerContract } from "./register-contract.ts";
import { registerOtherMethods } from "./register-other-methods.ts";
import type { Services } from "./services.ts";
import type { Door } from "./shedding/door.ts";
import { MAX_CONNECTIONS, SOCKET_LIMITS } from "./socket-limits.ts";
import type { Tracing } from "./tracing/tracing.ts";

export type AppDependencies = {
  readonly config: Pick<OriginConfig, "assertionSecrets" | "requestLog">;
  readonly services: Services;
  readonly metrics: Metrics;
  readonly door: Door;
  readonly countAttempt: CountAttempt;
  readonly logger: Logger;
  /** Null: traces are off, and nothing of them is loaded. */
  readonly tracing: Tracing | null;
  /** Told of errors that nobody expected; null: nobody is. */
  readonly reportError: ErrorHook["report"] | null;
};

/** What a route without a body may be sent, in bytes. */
const NO_BODY_LIMIT = 1_024;

/** The origin's HTTP interface, ready to listen or to be injected into. */
export async function buildApp({
  config,
  services,
  metrics,
  door,
  countAttempt,
  logger,
  tracing,
  reportError,
}: AppDependencies): Promise<FastifyInstance> {
  const unreadable = clientErrors();
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // One line a request, by `observe`.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    childLoggerFactory: (parent) => parent,
    ...SOCKET_LIMITS,
    bodyLimit: NO_BODY_LIMIT,
    clientErrorHandler: unreadable.answer,
    frameworkErrors: answerFrameworkError,
    return503OnClosing: false,
    // The contract's own validators read the raw query; Fastify's would be read by nobody.
    routerOptions: { maxParamLength: 4_096, querystringParser: () => ({}) },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.server.on("request", unreadable.note);
  // The contract's schemas are checked by its own compiled validators (docs/decisions/0001).
  app.setValidatorCompiler(() => () => true);

  await app.register(secure);
  await app.register(requestContext);
  const slowAfterMs = slowThresholds(contract, config.requestLog.slowMs);
  await app.register(observe, { metrics, slowAfterMs, ...config.requestLog });
  app.decorate("reportError", reportError);
  await app.register(problems);
  await app.register(wellFormed);
  await app.register(assertion, { verify: assertionVerifier(config.assertionSecrets), now: services.now });
  if (tracing !== null) {
    const { trace } = await import("./plugins/trace.ts");
    await app.register(trace, { tracing });
  }
  await app.register(lifetime);
  await app.register(bodies);
  const guards = await accountGuards(app, countAttempt);
  registerContract(app, contract, createHandlers(services), { guards, door, now: services.now });
  registerOtherMethods(app, contract);
  await app.ready();
  return app;
}
