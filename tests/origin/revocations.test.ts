import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { redisRevocations } from "#edge/auth/read-revocations.ts";
import { RevocationList } from "#edge/auth/revocation-list.ts";
import { redisSnapshots } from "#edge/cache/read-snapshot.ts";
import { type Connections, connect } from "#origin/db/client.ts";
import { inTransaction } from "#origin/db/write.ts";
import { type RevocationTarget, revoke } from "#origin/resources/access/revoke.ts";
import { MAX_REVOCATIONS, revocationsKey } from "#shared/revocation.ts";
import { originClient } from "#tests/support/origin.ts";
import { newTenant, owner, stack } from "#tests/support/stack.ts";

let connections: Connections;
let redis: Redis;
let tenantId: string;

beforeAll(() => {
  connections = connect({ url: stack().databaseUrl, poolSize: 2, applicationName: "test" });
  redis = new Redis({ ...stack().redis, retry: false, enableTelemetry: false, enableAutoPipelining: false });
});
afterAll(() => connections.close(1));
beforeEach(async () => {
  tenantId = (await newTenant()).id;
});

const revokeHere = async (target: RevocationTarget, tenant = tenantId) =>
  (await inTransaction(connections, tenant, (tx) => revoke(tx, tenant, target))).result;

const seconds = () => Math.floor(Date.now() / 1000);

const tokenOf = (who: { clientId?: string; subject?: string; tokenId?: string }, issuedAt = seconds()) => ({
  principal: { subject: "s", clientId: "c", tenantId, scopes: [], ...who },
  plan: null,
  tokenId: who.tokenId ?? "jti",
  issuedAt,
  expiresAt: issuedAt + 900,
});

/** What an edge that has just started knows. */
async function listAtAnEdge(): Promise<RevocationList> {
  const list = new RevocationList();
  list.append(await redisRevocations(redis)(tenantId, list.position), list.position, seconds());
  return list;
}

const refused = (who: Parameters<typeof tokenOf>[0]) =>
  vi.waitFor(
    async () => {
      expect((await listAtAnEdge()).refuses(tokenOf(who))).toBe(true);
    },
    { timeout: 5_000, interval: 20 },
  );

describe("createRevocation", () => {
  const post = (body: unknown, scopes = ["access:admin"]) =>
    originClient(tenantId)("/v1/revocations", { method: "POST", scopes, body });

  test.each(["client", "subject"] as const)("answers 200, and edges refuse the %s", async (kind) => {
    const { status, json } = await post({ kind, id: "someone" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ kind, id: "someone" });
    expect(Date.parse(json.revokedBefore)).toBeGreaterThan(Date.now());
    await refused(kind === "client" ? { clientId: "someone" } : { subject: "someone" });
    expect((await listAtAnEdge()).refuses(tokenOf({ clientId: "other", subject: "other" }))).toBe(false);
  });

  test("answers 200, and edges refuse one token whenever it was issued", async () => {
    const { status, json } = await post({ kind: "token", id: "jti-1" });
    expect([status, json.revokedBefore]).toEqual([200, null]);
    await refused({ tokenId: "jti-1" });
  });

  test("takes an id of any characters", async () => {
    const id = 'auth|0 "ü" \n %2F 😀';
    expect((await post({ kind: "subject", id })).status).toBe(200);
    await refused({ subject: id });
  });

  test("answers 400 to a tenant as a whole, which is the operator's, and to no id", async () => {
    expect((await post({ kind: "tenant", id: "x" })).status).toBe(400);
    expect((await post({ kind: "client", id: "" })).status).toBe(400);
    expect((await post({ kind: "client" })).status).toBe(400);
  });
});

describe("a revocation", () => {
  test("refuses what was issued before it, and not what is issued once it is over", async () => {
    const { revokedBefore } = await revokeHere({ kind: "client", id: "c" });
    await refused({ clientId: "c" });
    const before = Date.parse(revokedBefore ?? "") / 1000;
    const list = await listAtAnEdge();
    expect(list.refuses(tokenOf({ clientId: "c" }, before - 1))).toBe(true);
    expect(list.refuses(tokenOf({ clientId: "c" }, before))).toBe(false);
  });

  test("reaches as far as clocks may be apart, and a whole second further", async () => {
    const now = Date.now();
    const { revokedBefore } = await revokeHere({ kind: "client", id: "c" });
    const reach = Date.parse(revokedBefore ?? "") - now;
    expect(reach).toBeGreaterThan(5_000);
    expect(reach % 1_000).not.toBeNaN();
    expect(Date.parse(revokedBefore ?? "") % 1_000).toBe(0);
  });

  test("of the tenant refuses every token of it", async () => {
    await revokeHere({ kind: "tenant", id: "" });
    await refused({});
  });

  test("is never taken back: the later instant wins", async () => {
    await revokeHere({ kind: "client", id: "c" });
    await owner()`update revocations set revoked_before = '2100-01-01' where tenant_id = ${tenantId}`;
    const { revokedBefore } = await revokeHere({ kind: "client", id: "c" });
    expect(revokedBefore).toBe("2100-01-01T00:00:00.000Z");
  });

  test("of one tenant is not another's", async () => {
    const other = (await newTenant()).id;
    await revokeHere({ kind: "client", id: "c" }, other);
    await revokeHere({ kind: "client", id: "d" });
    await refused({ clientId: "d" });
    expect((await listAtAnEdge()).refuses(tokenOf({ clientId: "c" }))).toBe(false);
  });

  test("is one of so many at most: then the older half becomes one of the tenant", async () => {
    await owner()`insert into revocations (tenant_id, kind, id, revoked_before, expires_at, xid)
      select ${tenantId}, 'subject', 's' || n, timestamptz '2026-01-01' + make_interval(secs => n),
        now() + interval '1 day', pg_current_xact_id() from generate_series(1, ${MAX_REVOCATIONS}) n`;
    await revokeHere({ kind: "subject", id: "last" });
    const [{ kept } = { kept: 0 }] = await owner()<{ kept: number }[]>`
      select count(*)::int as kept from revocations where tenant_id = ${tenantId}`;
    expect(kept).toBe(MAX_REVOCATIONS / 2 + 2);
    await refused({ subject: "last" });
    const list = await listAtAnEdge();
    const start = Date.parse("2026-01-01T00:00:00Z") / 1000;
    const middle = start + MAX_REVOCATIONS / 2;
    expect(list.refuses(tokenOf({ subject: "s1" }, start))).toBe(true);
    expect(list.refuses(tokenOf({ subject: "nobody" }, middle - 1))).toBe(true);
    expect(list.refuses(tokenOf({ subject: "nobody" }, middle))).toBe(false);
    expect(list.refuses(tokenOf({ subject: `s${MAX_REVOCATIONS}` }, middle))).toBe(true);
  });
});

describe("the log of revocations in Redis", () => {
  test("is appended to, so that an edge reads only what is new", async () => {
    await revokeHere({ kind: "client", id: "one" });
    await refused({ clientId: "one" });
    const list = await listAtAnEdge();
    await revokeHere({ kind: "client", id: "two" });
    await refused({ clientId: "two" });
    const more = await redisRevocations(redis)(tenantId, list.position);
    expect(more.name).toBe(list.position.name);
    expect(more.text).toMatch(/^client \d+ \d+ two\n$/);
    list.append(more, list.position, seconds());
    expect(["one", "two"].map((clientId) => list.refuses(tokenOf({ clientId })))).toEqual([true, true]);
  });

  test("is written whole when it was lost and another is revoked", async () => {
    await revokeHere({ kind: "client", id: "one" });
    await refused({ clientId: "one" });
    await redis.del(revocationsKey(tenantId));
    await revokeHere({ kind: "client", id: "two" });
    await refused({ clientId: "two" });
    await refused({ clientId: "one" });
  });

  test("is forgotten when the last one is", async () => {
    await revokeHere({ kind: "token", id: "short", expiresAt: seconds() + 100 });
    await refused({ tokenId: "short" });
    expect(await redis.ttl(revocationsKey(tenantId))).toBeLessThanOrEqual(106);
    await revokeHere({ kind: "token", id: "long", expiresAt: seconds() + 1_000 });
    await refused({ tokenId: "long" });
    expect(await redis.ttl(revocationsKey(tenantId))).toBeGreaterThan(900);
  });

  test("is known to be complete, also for a tenant without any", async () => {
    const { revocations } = await redisSnapshots(redis, Date.now)(tenantId);
    expect(revocations).toEqual({ name: "", length: 0, isComplete: true });
  });
});
