import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningOrigin, startOrigin } from "#origin/start.ts";
import { bundleEdge, type RunningEdge, startEdge } from "#scripts/local/edge.ts";
import { type RunningRedis, startRedis } from "#scripts/local/redis.ts";
import { Command } from "#tests/support/command.ts";
import { makeClient } from "#tests/support/make-client.ts";
import { type OwnDatabase, startOwnDatabase } from "#tests/support/own-database.ts";
import { stack } from "#tests/support/stack.ts";

/** A rotation under load, through a real edge: clients get tokens and use them, old and new. */

/** Longer than the edge's cool-down, in place of the two hours that are the default. */
const PUBLISH_SECONDS = 40;
/** How often each client asks, and for how long the new key is watched. */
const EVERY_MS = 50;
const AFTERWARDS_MS = 10_000;
const CLIENTS = 4;

let database: OwnDatabase;
let redis: RunningRedis;
let origins: readonly RunningOrigin[];
let edge: RunningEdge;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  const bundling = bundleEdge();
  [database, redis] = await Promise.all([startOwnDatabase(), startRedis({ token: stack().redis.token })]);
  variables = {
    ...stack().originVariables,
    DATABASE_URL: database.url,
    UPSTASH_REDIS_REST_URL: redis.url,
    SIGNING_KEY_PUBLISH_SECONDS: String(PUBLISH_SECONDS),
  };
  origins = [await startOrigin(variables), await startOrigin(variables)];
  edge = await startEdge(await bundling, {
    variables: {
      ...stack().edgeVariables,
      ORIGIN_URLS: origins.map(({ url }) => url).join(","),
      UPSTASH_REDIS_REST_URL: redis.url,
    },
    shieldLimit: 1_000_000_000,
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  for (const origin of origins) await origin.stop();
  await redis.stop();
  await database.drop();
});

/** Statuses counted: `200` and whatever else there was. */
type Tally = Map<number, number>;

async function ask(tally: Tally, path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(edge.url + path, init);
  tally.set(answer.status, (tally.get(answer.status) ?? 0) + 1);
  return answer;
}

/** Gets a token a second, and uses the newest and one of the older ones in turn. */
async function load(tally: Tally, signedBy: Set<string>, ended: AbortSignal): Promise<void> {
  const { id, secret } = await makeClient(database.sql, await database.newTenant());
  const tokens: string[] = [];
  for (let turn = 0; !ended.aborted; turn++) {
    if (turn % 20 === 0) {
      const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
      const answer = await ask(tally, "/v1/oauth/token", { method: "POST", body: new URLSearchParams(form) });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      tokens.push(token);
      signedBy.add(String(decodeProtectedHeader(token).kid));
    }
    const token = turn % 2 === 0 ? tokens.at(-1) : tokens[turn % tokens.length];
    const headers = { authorization: `Bearer ${token}`, "x-request-id": randomUUID() };
    await (await ask(tally, "/v1/me", { headers })).body?.cancel();
    await pause(EVERY_MS);
  }
}

test("no request fails while keys rotate under load", { timeout: 240_000 }, async () => {
  const tally: Tally = new Map();
  const signedBy = new Set<string>();
  const ending = new AbortController();
  const loads = Array.from({ length: CLIENTS }, () => load(tally, signedBy, ending.signal));
  const command = new Command("scripts/keys.ts", ["rotate"], variables);
  const { code, stdout } = await command.finished();
  expect([code, stdout]).toEqual([0, expect.stringContaining(" published ")]);
  await expect.poll(() => signedBy.size, { timeout: 90_000, interval: 500 }).toBe(2);
  await pause(AFTERWARDS_MS);
  ending.abort();
  await Promise.all(loads);
  expect([...tally.keys()]).toEqual([200]);
  // Else nothing has been shown.
  expect(tally.get(200)).toBeGreaterThan(1_000);
});
