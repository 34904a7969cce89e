import { setTimeout as pause } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startOrigin } from "#origin/start.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { Parts } from "#scripts/local/parts.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { Command } from "#tests/support/command.ts";
import { makeClient } from "#tests/support/make-client.ts";
import { startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";

/** A signing key has leaked: what docs/runbooks/leak.md promises, at real edges. */

/** The promise, and a moment for the request itself. */
const WITHIN_MS = 60_000 + 2_000;

const parts = new Parts();
let variables: Readonly<Record<string, string>>;
let busy: RunningEdge;
let idle: RunningEdge;
let client: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  const bundling = bundleEdge();
  const database = await startOwnDatabase();
  await parts.add(Promise.resolve({ stop: database.drop }));
  const redis = await parts.add(startRedis({ token: stack().redis.token }));
  variables = { ...stack().originVariables, DATABASE_URL: database.url, UPSTASH_REDIS_REST_URL: redis.url };
  const origin = await parts.add(startOrigin(variables));
  const forEdge = { ...stack().edgeVariables, ORIGIN_URLS: origin.url, UPSTASH_REDIS_REST_URL: redis.url };
  const options = { variables: forEdge, shieldLimit: 1_000_000_000, onLog: () => undefined };
  const bundle = await bundling;
  [busy, idle] = [await parts.add(startEdge(bundle, options)), await parts.add(startEdge(bundle, options))];
  client = await makeClient(database.sql, await database.newTenant());
}, 120_000);
afterAll(() => parts.stop());

async function newToken(): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: client.id, client_secret: client.secret };
  const answer = await fetch(`${busy.url}/v1/oauth/token`, {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

async function use({ url }: RunningEdge, token: string): Promise<number> {
  const answer = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  await answer.body?.cancel();
  return answer.status;
}

test("a minute after a signing key was withdrawn no edge takes a token of it, not even one that was idle", async () => {
  const forged = await newToken();
  const kid = String(decodeProtectedHeader(forged).kid);
  expect([await use(busy, forged), await use(idle, forged)]).toEqual([200, 200]);
  const { code, stdout } = await new Command(
    "scripts/keys.ts",
    ["withdraw", `--kid=${kid}`],
    variables,
  ).finished();
  expect([code, stdout]).toEqual([0, expect.stringContaining("withdrawn")]);
  const withdrawnAt = Date.now();
  while ((await use(busy, forged)) === 200 && Date.now() - withdrawnAt < WITHIN_MS) await pause(500);
  expect(await use(busy, forged)).toBe(401);
  await pause(Math.max(0, withdrawnAt + WITHIN_MS - Date.now()));
  expect(await use(idle, forged)).toBe(401);
  const next = await newToken();
  expect(decodeProtectedHeader(next).kid).not.toBe(kid);
  expect([await use(busy, next), await use(idle, next)]).toEqual([200, 200]);
}, 180_000);
