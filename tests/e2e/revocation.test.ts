import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connections, connect } from "#origin/db/client.ts";
import { inTransaction } from "#origin/db/write.ts";
import { revoke } from "#origin/resources/access/revoke.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";

/** What the gateway promises: whoever is revoked is refused by every edge within this time. */
const BOUND_MS = 5_000;
const EDGES = 4;

/** A route whose answer is cached, and one whose answer never is. */
const CACHED = "/v1/products?pageSize=7";
const UNCACHED = "/v1/me";

describe("a token that is revoked", { timeout: 60_000 }, () => {
  let bundle: string;
  let others: readonly RunningEdge[];
  let urls: readonly string[];
  let connections: Connections;
  let tenantId: string;

  beforeAll(async () => {
    bundle = await bundleEdge();
    const options = { variables: stack().edgeVariables, shieldLimit: 1_000_000, onLog: () => undefined };
    others = await Promise.all(Array.from({ length: EDGES - 1 }, () => startEdge(bundle, options)));
    urls = [stack().edgeUrl, ...others.map(({ url }) => url)];
    connections = connect({ url: stack().databaseUrl, poolSize: 1, applicationName: "test" });
    ({ id: tenantId } = await newTenant());
  });
  afterAll(async () => {
    await Promise.all(others.map(({ stop }) => stop()));
    await connections.close(1);
  });

  const get = (url: string, path: string, token: string) =>
    fetch(url + path, { headers: { authorization: `Bearer ${token}` } });

  /** Until the edge remembers the token and has the answer in its cache. */
  const warm = (token: string) =>
    Promise.all(
      urls.map(async (url) => {
        expect((await get(url, UNCACHED, token)).status).toBe(200);
        await expect
          .poll(async () => (await get(url, CACHED, token)).headers.get("cf-cache-status"), {
            timeout: 20_000,
          })
          .toBe("HIT");
      }),
    );

  const revokeByApi = async (body: { kind: string; id: string }, by?: string) => {
    const token = await mintToken({ tenantId, scopes: ["access:admin"], clientId: by ?? "administration" });
    const answer = await fetch(`${stack().edgeUrl}/v1/revocations`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
  };

  /** Asks every edge for all of them until it refuses. @returns the longest that one took, in milliseconds */
  async function refusedAfter(
    token: string,
    startedAt: number,
    paths: readonly string[] = [CACHED, UNCACHED],
  ): Promise<number> {
    const delays = urls.flatMap((url) =>
      paths.map(async (path) => {
        await expect
          .poll(async () => (await get(url, path, token)).status, { timeout: 30_000, interval: 50 })
          .toBe(401);
        return performance.now() - startedAt;
      }),
    );
    return Math.max(...(await Promise.all(delays)));
  }

  it.each([
    ["its client", { kind: "client", id: "revoked-client" }, { clientId: "revoked-client" }],
    ["its subject", { kind: "subject", id: "revoked-subject" }, { subject: "revoked-subject" }],
    ["itself", { kind: "token", id: "revoked-token" }, { claims: { jti: "revoked-token" } }],
  ])("by %s is refused by four edges within 5 s, and no other is", async (_, target, who) => {
    const [token, bystander] = [await mintToken({ tenantId, ...who }), await mintToken({ tenantId })];
    await Promise.all([warm(token), warm(bystander)]);
    const startedAt = performance.now();
    await revokeByApi(target);
    expect(await refusedAfter(token, startedAt)).toBeLessThan(BOUND_MS);

    for (const url of urls) {
      const answer = await get(url, CACHED, token);
      expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
      expect(await answer.json()).toMatchObject({ status: 401, code: "invalid-token" });
      expect((await get(url, CACHED, bystander)).status).toBe(200);
    }
  });

  it("with its whole tenant is refused by four edges within 5 s, and what is issued later is not", async () => {
    const { id: closed } = await newTenant();
    const token = await mintToken({ tenantId: closed });
    await warm(token);
    const startedAt = performance.now();
    const { result } = await inTransaction(connections, closed, (tx) =>
      revoke(tx, closed, { kind: "tenant", id: "" }),
    );
    expect(await refusedAfter(token, startedAt)).toBeLessThan(BOUND_MS);

    const iat = Date.parse(result.revokedBefore ?? "") / 1000;
    const later = await mintToken({ tenantId: closed, claims: { iat } });
    await expect
      .poll(async () => (await get(stack().edgeUrl, UNCACHED, later)).status, { timeout: 20_000 })
      .toBe(200);
  });

  it("is refused within 5 s where nobody asks for anything cached, which would bring news more often", async () => {
    const { id: quiet } = await newTenant();
    const token = await mintToken({ tenantId: quiet });
    for (const url of urls) expect((await get(url, UNCACHED, token)).status).toBe(200);
    const startedAt = performance.now();
    await inTransaction(connections, quiet, (tx) => revoke(tx, quiet, { kind: "subject", id: "user-1" }));
    expect(await refusedAfter(token, startedAt, [UNCACHED])).toBeLessThan(BOUND_MS);
  });

  it("is refused by an edge that never saw it", async () => {
    const token = await mintToken({ tenantId, claims: { jti: "never-seen" } });
    await revokeByApi({ kind: "token", id: "never-seen" });
    await refusedAfter(token, performance.now());
    const fresh = await startEdge(bundle, {
      variables: stack().edgeVariables,
      shieldLimit: 1_000_000,
      onLog: () => undefined,
    });
    const { status } = await get(fresh.url, CACHED, token);
    await fresh.stop();
    expect(status).toBe(401);
  });
});
