import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSeal } from "#origin/seal.ts";
import { startOrigin } from "#origin/start.ts";
import { type Splitter, startSplitter } from "#scripts/drill/splitter.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { Parts } from "#scripts/local/parts.ts";
import { createRuntimeLogin } from "#scripts/local/postgres-login.ts";
import { inProcessRedis } from "#scripts/local/redis/engine.ts";
import { serveRest } from "#scripts/local/redis/rest.ts";
import { Command } from "#tests/support/command.ts";
import { makeClient } from "#tests/support/make-client.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { owner, stack } from "#tests/support/stack.ts";
import { type Identity, type Load, startLoad } from "./secret-rotation.load.ts";

/** Every secret of both tiers is changed by the steps of docs/secrets.md, while products are written and read. */

const CLIENTS = 3;
/** So many that none is tried too often, however fast the machine. */
const ACCOUNTS = 40;
const make = () => `development-${randomBytes(24).toString("base64url")}`;
const [OLD, NEW] = [
  { assertion: make(), cursor: make(), encryption: make(), redis: make(), login: make() },
  { assertion: make(), cursor: make(), encryption: make(), redis: make(), login: make() },
];
const LOGINS = [`rotated_a_${randomBytes(4).toString("hex")}`, `rotated_b_${randomBytes(4).toString("hex")}`];

type Variables = Readonly<Record<string, string>>;
type Generation = { readonly origin: Variables; readonly edge: Variables };

const parts = new Parts();
let database: OwnDatabase;
let bundle: string;
let origins: Splitter;
let edges: Splitter;
let identity: Identity;
let tenantId: string;
let redis: Record<"old" | "new", Variables>;
let logins: readonly Variables[];
let running: { readonly stop: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  const bundling = bundleEdge();
  database = await startOwnDatabase();
  const backend = inProcessRedis();
  // As Upstash has it: two users with a token each, of the same data.
  const served = async (token: string) => {
    const { url, close } = await serveRest(backend, { token });
    await parts.add(Promise.resolve({ stop: close }));
    return { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
  };
  redis = { old: await served(OLD.redis), new: await served(NEW.redis) };
  logins = await Promise.all([loginOf(LOGINS[0], OLD.login), loginOf(LOGINS[1], NEW.login)]);
  tenantId = await database.newTenant();
  const [tenant, email] = [`test-${tenantId}`, "admin@rotation.example"];
  const args = ["create", "--tenant", tenant, "--email", email, "--role", "admin"];
  const { stdout } = await new Command("scripts/user.ts", args, { DATABASE_URL: database.url }).finished();
  const password = /^password {2}(\S+)$/m.exec(stdout)?.[1] ?? "";
  const makeAccount = () => makeClient(database.sql, tenantId, { scopes: ["catalog:read", "catalog:write"] });
  identity = {
    accounts: await Promise.all(Array.from({ length: ACCOUNTS }, makeAccount)),
    login: { tenant, email, password },
  };
  bundle = await bundling;
}, 120_000);
afterAll(async () => {
  for (const part of running) await part.stop();
  await parts.stop();
  await database.drop();
  for (const name of LOGINS) await owner().unsafe(`drop role if exists ${name}`);
});

async function loginOf(user = "", password = ""): Promise<Variables> {
  const { username, password: encoded } = new URL(
    await createRuntimeLogin(stack().ownerUrl, { user, password }),
  );
  const url = Object.assign(new URL(database.url), { username, password: encoded });
  return { DATABASE_URL: url.href };
}

/** The variables of a moment of the change, each secret in the order that they are tried in. */
function generation(order: (name: "assertion" | "cursor" | "encryption") => string[], parts: Variables) {
  const named = order("assertion").map((secret) => `${secret.slice(-8)}:${secret}`);
  const shared = { ASSERTION_SECRETS: named.join(","), ...parts };
  return {
    origin: {
      ...stack().originVariables,
      ...shared,
      CURSOR_SECRET: order("cursor").join(","),
      KEY_ENCRYPTION_SECRET: order("encryption").join(","),
    },
    edge: { ...stack().edgeVariables, ...shared },
  };
}

async function startTiers({ origin: variables, edge }: Generation) {
  const origin = await startOrigin(variables);
  origins ??= await parts.add(startSplitter(origin.url));
  const started: RunningEdge = await startEdge(bundle, {
    variables: { ...edge, ORIGIN_URLS: origins.url },
    shieldLimit: 1_000_000_000,
    onLog: () => undefined,
  });
  edges ??= await parts.add(startSplitter(started.url));
  return { origin, edge: started };
}

/** As a rolling update: both generations of a tier answer for a while, the origin's first. */
async function roll(load: Load, next: Generation): Promise<void> {
  const { origin, edge } = await startTiers(next);
  for (const [tier, url] of [
    [origins, origin.url],
    [edges, edge.url],
  ] as const) {
    tier.split(url, 0.5);
    await load.turn();
    tier.promote();
    await load.turn();
  }
  for (const part of running) await part.stop();
  running = [edge, origin];
}

test("no request fails while every secret of both tiers is changed under load", {
  timeout: 240_000,
}, async () => {
  const [login, nextLogin] = logins;
  const before = generation((name) => [OLD[name]], { ...redis.old, ...login });
  const first = await startTiers(before);
  running = [first.edge, first.origin];
  const load = startLoad(edges.url, identity, CLIENTS);
  await load.turn();
  const token = (await database.sql`select kid from signing_keys`).map(({ kid }) => kid);

  await roll(
    load,
    generation((name) => [OLD[name], NEW[name]], { ...redis.old, ...login }),
  );
  const both = generation((name) => [NEW[name], OLD[name]], { ...redis.new, ...nextLogin });
  await roll(load, both);
  const reseal = await new Command("scripts/keys.ts", ["reseal"], both.origin).finished();
  expect(reseal).toMatchObject({ code: 0, stdout: expect.stringContaining("1 signing key,") });
  await roll(
    load,
    generation((name) => [NEW[name]], { ...redis.new, ...nextLogin }),
  );
  // Nobody needs it any more.
  await owner().unsafe(`drop role ${LOGINS[0]}`);
  await load.turn();
  await load.stop();

  expect(load.requests()).toBeGreaterThan(100);
  const [key] = await database.sql`select kid, sealed_private_jwk from signing_keys`;
  expect([key?.["kid"]]).toEqual(token);
  const openWith = (secret: string) => () =>
    createSeal([secret], "signing keys").open(key?.["kid"], key?.["sealed_private_jwk"]);
  expect(openWith(NEW.encryption)).not.toThrow();
  expect(openWith(OLD.encryption)).toThrow();
});
