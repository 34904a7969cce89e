import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRecorded } from "#scripts/contract/files.ts";
import { type Answered, play } from "#scripts/contract/recorded.ts";
import { isSourceKept, unpackSource } from "#scripts/contract/source.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { type Client, createClient, ProblemError } from "#shared/client.ts";
import { contract, type GatehouseContract, scopesOf } from "#shared/contract.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { expectAsRecorded } from "#tests/support/released.ts";
import { mintToken, stack } from "#tests/support/stack.ts";

/**
 * A deployment half done: one tier of the work tree, the other as it was when the contract was released, with
 * that tier's own relay, and the database migrated already. Whoever keeps to the released contract must not
 * notice, nor may what the tiers tell each other be misunderstood: versions, tokens, revocations.
 */

const HERE = ".";
const recorded = readRecorded();
const released = mkdtempSync(join(tmpdir(), "gatehouse-released-"));
const TENANT = { id: "0190a7c0-0000-7000-8000-0000005ca1e5", slug: "skewed", name: "Skewed" };
/** The bound is two seconds; the machine of the tests is busy. */
const PATIENCE = { timeout: 20_000, interval: 100 };

beforeAll(() => {
  if (isSourceKept()) unpackSource(released);
});
afterAll(() => rmSync(released, { recursive: true }));

describe.skipIf(!isSourceKept()).each([
  ["the released edge with the origin of the work tree", released, HERE],
  ["the edge of the work tree with the released origin", HERE, released],
])("%s", (_, edgeFolder, originFolder) => {
  let database: OwnDatabase;
  let redis: RunningRedis;
  let origin: OriginProcess;
  let edge: RunningEdge;
  const answers = new Map<string, Answered>();

  beforeAll(async () => {
    const bundling = bundleEdge("edge/worker.ts", edgeFolder);
    bundling.catch(() => undefined);
    [database, redis] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
    await ensureTenants(database.sql, [TENANT]);
    const own = { UPSTASH_REDIS_REST_URL: redis.url };
    const ports = { PORT: "0", OPS_PORT: "0" };
    const variables = { ...stack().originVariables, ...own, ...ports, DATABASE_URL: database.url };
    origin = await startOriginProcess(variables, [], originFolder);
    edge = await startEdge(await bundling, {
      variables: { ...stack().edgeVariables, ...own, ORIGIN_URLS: origin.url },
      shieldLimit: 1_000_000,
      onLog: () => undefined,
      folder: edgeFolder,
    });
    const token = await tokenOf("recorder");
    const steps = recorded.map(({ request }) => request);
    for await (const answer of play(steps, { url: edge.url, token, tenant: TENANT })) {
      answers.set(answer.step.name, answer);
    }
  }, 180_000);
  afterAll(async () => {
    await edge?.stop();
    origin?.kill();
    await origin?.ended;
    await redis?.stop();
    await database?.drop();
  }, 60_000);

  const tokenOf = (clientId: string) =>
    mintToken({ tenantId: TENANT.id, scopes: scopesOf(contract), clientId });
  const clientOf = async (clientId: string): Promise<Client<GatehouseContract>> =>
    createClient({ baseUrl: edge.url, token: await tokenOf(clientId) });

  it.each(recorded.map((one) => [one.request.name, one] as const))("answers %s as it was", (name, one) => {
    expectAsRecorded(one, answers.get(name));
  });

  it("answers from the cache, and shows a write to whoever made it at once and to others in time", async () => {
    const [writer, other] = [await clientOf("writer"), await clientOf("reader")];
    const { body } = await writer.createProduct({ body: { sku: "SKEW", name: "before" } });
    const params = { productId: body.id };
    const read = async (client: Client<GatehouseContract>) => {
      const { body, headers } = await client.getProduct({ params });
      return { name: body.name, cache: headers.get("cf-cache-status") };
    };
    // An edge that cannot learn of writes keeps nothing for longer than this.
    const { blindMaxAgeSeconds } = contract.getProduct.cache;
    const age = async () => Number((await other.getProduct({ params })).headers.get("age"));
    await expect.poll(age, { timeout: 60_000, interval: 500 }).toBeGreaterThan(blindMaxAgeSeconds);
    expect(await read(other)).toEqual({ name: "before", cache: "HIT" });
    await writer.updateProduct({ params, headers: { "if-match": '"1"' }, body: { name: "after" } });
    expect((await read(writer)).name).toBe("after");
    await expect.poll(() => read(other), PATIENCE).toEqual({ name: "after", cache: "HIT" });
  });

  it("refuses a client once it is revoked", async () => {
    const [administration, till] = [await clientOf("administration"), await clientOf("till")];
    expect((await till.getMe()).status).toBe(200);
    await administration.createRevocation({ body: { kind: "client", id: "till" } });
    const status = () =>
      till.getMe().then(
        (answer) => answer.status,
        (error) => error instanceof ProblemError && error.status,
      );
    await expect.poll(status, PATIENCE).toBe(401);
  });
});

it.skipIf(!isSourceKept())("every migration of the release is still there, as it was", () => {
  const migrations = (folder: string) =>
    readdirSync(join(folder, "migrations"))
      .filter((name) => name.endsWith(".sql"))
      .map((name) => [name, readFileSync(join(folder, "migrations", name), "utf8")] as const);
  expect(migrations(HERE)).toEqual(expect.arrayContaining(migrations(released)));
});
