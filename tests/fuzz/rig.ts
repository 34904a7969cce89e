import { bundleEdge, startEdge } from "#scripts/local/edge.ts";
import { createClient } from "#shared/client.ts";
import { contract, scopesOf } from "#shared/contract.ts";
import { startOwnOrigin } from "#tests/support/origin.ts";
import { PASSWORD } from "#tests/support/people.ts";
import { makeSamples, type Samples } from "#tests/support/samples.ts";
import { mintToken, newTenant, stack } from "#tests/support/stack.ts";
import type { Tokens } from "./wire.ts";

/** Both tiers on the stack's Postgres and Redis, which say everything that goes wrong inside of them. */
export type FuzzRig = {
  readonly url: string;
  /** A tenant of its own, with one of everything. */
  readonly newTarget: () => Promise<Target>;
  /** Lines that either tier has logged as an error or worse, and takes them away. */
  readonly takeErrors: () => readonly string[];
  readonly stop: () => Promise<void>;
};

export type Target = { readonly samples: Samples; readonly tokens: Tokens };

const BAD_LEVELS = ["warn", "error", "fatal"];
/** That a relay was not heard of for 1.5 s says how busy the machine is. */
const OUTCOMES_OF_SPEED = ["revocations-unknown"];
/** Nor is slowness looked for. */
const NEVER_SLOW = { LOG_SLOW_MS: "300000" };

export async function startFuzzRig(): Promise<FuzzRig> {
  const bundling = bundleEdge();
  const origin = await startOwnOrigin({ LOG_LEVEL: "warn", ...NEVER_SLOW });
  const edgeLines: string[] = [];
  const edge = await startEdge(await bundling, {
    // Redis is not away because this machine is busy.
    variables: {
      ...stack().edgeVariables,
      ...NEVER_SLOW,
      ORIGIN_URLS: origin.url,
      REDIS_TIMEOUT_MS: "10000",
    },
    shieldLimit: 1_000_000_000,
    onLog: (line) => edgeLines.push(line),
  });
  let read = 0;
  return {
    url: edge.url,
    newTarget: () => newTarget(edge.url),
    takeErrors() {
      const lines = origin.lines();
      const said = lines.slice(read).map((line) => JSON.stringify(line));
      read = lines.length;
      return [...said, ...edgeLines.splice(0).filter(isBad)];
    },
    async stop() {
      await edge.stop();
      await origin.stop();
    },
  };
}

/** A line that is not one of ours is the runtime's, which only speaks of what nobody caught. */
function isBad(line: string): boolean {
  try {
    const { level, outcome } = JSON.parse(line);
    return BAD_LEVELS.includes(level) && !OUTCOMES_OF_SPEED.includes(outcome);
  } catch {
    return true;
  }
}

async function newTarget(url: string): Promise<Target> {
  const [{ id: tenantId, slug }, foreign] = await Promise.all([newTenant(), newTenant()]);
  const scopes = scopesOf(contract);
  const good = await mintToken({ tenantId, scopes });
  const client = createClient({ baseUrl: url, token: good });
  const samples = await makeSamples(client, "the fuzzed");
  const api = await client.createClient({ body: { name: "Fuzzed", scopes: ["catalog:read"] } });
  const person = { email: "fuzzed@people.example", role: "viewer", password: PASSWORD } as const;
  const user = await client.createUser({ body: person });
  return {
    samples: {
      ...samples,
      ...{ clientId: api.body.id, userId: user.body.id, eventId: samples["orderId"] ?? "" },
      ...{ tenant: slug, email: person.email, password: person.password },
      ...{ client_id: api.body.id, client_secret: api.body.secret, grant_type: "client_credentials" },
      ...{
        scope: "catalog:read",
        scopes: "catalog:read",
        currency: "EUR",
        url: "https://hooks.example.com/",
      },
    },
    tokens: {
      GOOD: good,
      EXPIRED: await mintToken({ tenantId, scopes, expiresIn: -60 }),
      SCOPELESS: await mintToken({ tenantId, scopes: [] }),
      FOREIGN: await mintToken({ tenantId: foreign.id, scopes }),
    },
  };
}
