import { type Check, ofOne } from "./check.ts";
import { firstOf, problemFault, protectionFault, statusFault, tellingFault } from "./judge.ts";

/** Of any edge, by anybody. */
export const PUBLIC_CHECKS: readonly Check[] = [
  ofOne("the edge reaches its origin and Redis", "/health", (health) =>
    firstOf(
      statusFault(health, 200),
      health.json?.status === "ok" ? null : `is degraded: ${JSON.stringify(health.json?.checks)}`,
    ),
  ),
  ofOne("the origin describes its API through the edge", "/openapi.json", (description) =>
    firstOf(
      statusFault(description, 200),
      String(description.json?.openapi).startsWith("3.1.") ? null : "is no OpenAPI 3.1",
    ),
  ),
  ofOne("who comes without a token is asked for one", "/v1/me", (refusal) =>
    firstOf(
      problemFault(refusal, "unauthenticated"),
      refusal.headers.get("www-authenticate") === "Bearer" ? null : "does not ask for a bearer token",
    ),
  ),
  ofOne("what is not there is refused with a problem document", "/v1/no-such-route", (refusal) =>
    problemFault(refusal, "unknown-route"),
  ),
  ofOne("a path has one spelling", "/v1//products", (refusal) => problemFault(refusal, "non-canonical-path")),
  ofOne("answers do not tell what runs there", "/health", tellingFault),
  ofOne("no browser takes an answer for a page", "/health", protectionFault),
  ofOne("no browser takes a refusal for one", "/v1/no-such-route", protectionFault),
];

/** Of an origin's port for probes and metrics. */
export const OPS_CHECKS: readonly Check[] = [
  ofOne("the process is alive", "/live", (live) => statusFault(live, 200)),
  ofOne("the process has started", "/startup", (startup) => statusFault(startup, 200)),
  ofOne("the process is ready, and all it needs answers", "/ready", (ready) => {
    const away: string[] = (ready.json?.checks ?? [])
      .filter(({ ok }: { ok: boolean }) => !ok)
      .map(({ name }: { name: string }) => name);
    return firstOf(statusFault(ready, 200), away.length === 0 ? null : `misses ${away.join(", ")}`);
  }),
  ofOne("the process counts its requests", "/metrics", (metrics) =>
    firstOf(
      statusFault(metrics, 200),
      metrics.text.includes("gatehouse_origin_requests_total") ? null : "has no metric of requests",
    ),
  ),
];
