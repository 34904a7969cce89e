import { env } from "cloudflare:workers";
import { contract } from "#shared/contract.ts";
import { EMBEDDED_CACHE_BYTES, embeddedCache } from "../../edge/cache/embedded.ts";
import { ownSnapshots } from "../../edge/cache/read-snapshot.ts";
import { compose } from "../../edge/compose.ts";
import { readEdgeConfig, textVariables } from "../../edge/env.ts";
import { createGateway } from "../../edge/gateway.ts";
import { embeddedShield } from "../../edge/limit/shield.ts";

/**
 * The gateway as it is, without its two guards: everybody is one and the same client, who may do
 * everything, as often as they like. What it lacks in a race with the whole one is what they cost.
 */

const now = () => Date.now();
const anyone = {
  subject: "bench",
  clientId: "bench",
  tenantId: "0190a7c0-0000-7000-8000-00000000000a",
  scopes: ["catalog:read"],
};
// At once, not at the first request: only now may validators be compiled.
const config = readEdgeConfig(textVariables(env));
const dependencies = compose(config, {
  shield: embeddedShield(config.shieldLimit, now),
  log: () => undefined,
  now,
  passage: (bytes) => (bytes === null ? new IdentityTransformStream() : new FixedLengthStream(bytes)),
  cache: (askForAll) => embeddedCache(contract, askForAll, EMBEDDED_CACHE_BYTES, now),
  snapshots: ownSnapshots,
  analytics: null,
  showsFigures: () => false,
});
const gateway = createGateway(dependencies, {
  authenticate: () => (exchange) => {
    exchange.principal = anyone;
    return undefined;
  },
  limit: () => () => undefined,
});

export default {
  fetch: (request, _bindings, context) => gateway.fetch(request, context),
} satisfies ExportedHandler;
