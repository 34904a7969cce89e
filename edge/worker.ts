import { env, exports, WorkerEntrypoint } from "cloudflare:workers";
import { contract } from "#shared/contract.ts";
import type { PurgeOrder, PurgeOutcome } from "#shared/operator.ts";
import { embeddedCache } from "./cache/embedded.ts";
import { ownSnapshots } from "./cache/read-snapshot.ts";
import { answerSnapshot, sharedSnapshots, type TenantSnapshotProps } from "./cache/shared-snapshot.ts";
import { answerFill, type CachedOriginProps, purgeOwn, workersCache } from "./cache/workers.ts";
import { compose } from "./compose.ts";
import { readEdgeConfig, textVariables } from "./env.ts";
import { createGateway } from "./gateway.ts";
import { embeddedShield } from "./limit/shield.ts";
import type { Log } from "./observe.ts";

/** The only file that knows Cloudflare's module names. Everything is put together once an isolate. */

/** Workers Cache exists on Cloudflare's network only; what runs elsewhere brings its own. */
let hasWorkersCache: boolean | null = null;

const log: Log = (level, line) => console[level](JSON.stringify({ level, ...line }));

const config = readEdgeConfig(textVariables(env));
const dependencies = compose(config, {
  shield: env.SHIELD ?? embeddedShield(config.shieldLimit, () => Date.now()),
  log,
  now: () => Date.now(),
  passage: (bytes) => (bytes === null ? new IdentityTransformStream() : new FixedLengthStream(bytes)),
  cache: (askForAll) => {
    const embedded = embeddedCache(contract, askForAll, config.cacheBytes, () => Date.now());
    const workers = workersCache((props) => exports.CachedOrigin({ props }));
    return {
      serve: (fill) => (hasWorkersCache ? workers.serve(fill) : embedded.serve(fill)),
      purge: (order) => (hasWorkersCache ? workers.purge(order) : embedded.purge(order)),
      figures: embedded.figures,
    };
  },
  snapshots: (read) => {
    const own = ownSnapshots(read);
    const shared = sharedSnapshots(
      (props) => exports.TenantSnapshot({ props }),
      read,
      () => Date.now(),
    );
    return (tenantId, isFresh) => (hasWorkersCache ? shared(tenantId, isFresh) : own(tenantId, isFresh));
  },
  analytics: env.ANALYTICS
    ? { dataSet: env.ANALYTICS, locationOf, version: env.CF_VERSION_METADATA?.id ?? "" }
    : null,
  // There, an answer comes from any of thousands of isolates.
  showsFigures: () => hasWorkersCache === false,
});
const gateway = createGateway(dependencies);

function locationOf({ cf }: Request): string {
  return typeof cf?.["colo"] === "string" ? cf["colo"] : "";
}

/** Runs for every request and is never cached. */
export default {
  fetch(request, _bindings, context) {
    hasWorkersCache ??= context.cache !== undefined;
    return gateway.fetch(request, context);
  },
} satisfies ExportedHandler<Cloudflare.Env>;

/** What Workers Cache stands in front of: asks the origin for everyone who shares `props`. */
export class CachedOrigin extends WorkerEntrypoint<Cloudflare.Env, CachedOriginProps> {
  override fetch(request: Request): Promise<Response> {
    const { caching, now } = dependencies;
    const version = env.CF_VERSION_METADATA?.id ?? null;
    return answerFill(request, this.ctx.props, { contract, askForAll: caching.askForAll, now, version });
  }

  /** A purge reaches the entries of the entrypoint that asks for it, and no others. */
  purge(order: PurgeOrder): Promise<PurgeOutcome> {
    return purgeOwn(this.ctx.cache, order);
  }
}

/** What one read of a tenant's versions for all isolates of a location comes from; cached on its own. */
export class TenantSnapshot extends WorkerEntrypoint<Cloudflare.Env, TenantSnapshotProps> {
  override fetch(): Promise<Response> {
    return answerSnapshot(this.ctx.props, dependencies.readSnapshot);
  }
}
