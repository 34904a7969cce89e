import { execFile } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { decodeProtectedHeader } from "jose";
import { PUBLISH_SECONDS } from "../constants.ts";
import type { GateEdge, GateStack, Part } from "../part.ts";
import { newClient, newTenant } from "../stack.ts";

/** Tokens are asked for and used, at four edges, while the key that they are signed with changes. */

const EDGES = 4;
const TOKENS_PER_SECOND = 5;
const REQUESTS_PER_SECOND = 200;
/** The origin lets each client ask so often only (origin/plugins/account-limit.ts). */
const CLIENTS = 10;
/** Of the tokens that are in use at once, old ones among them. */
const IN_USE = 40;
const BEFORE_MS = 3_000;
const AFTER_MS = 10_000;
/** Until the new key must have signed. */
const PATIENCE_MS = 60_000 + PUBLISH_SECONDS * 1_000;
const SCOPE = "catalog:read";
const run = promisify(execFile);

type Tally = { requests: number; readonly failures: string[]; readonly kids: Set<string> };

export const rotation: Part = {
  name: "e",
  title: "Requests that fail while the signing key is rotated under load",
  async run({ progress, stack }) {
    const gate = await stack();
    const edges = gate.edges.slice(0, EDGES);
    const ask = await tokenSource(gate, edges);
    const tally: Tally = { requests: 0, failures: [], kids: new Set() };
    const tokens: string[] = [await ask()];
    let isOver = false;
    const load = Promise.all([
      every(
        1_000 / TOKENS_PER_SECOND,
        () => isOver,
        async () => {
          tokens.push(await ask());
          if (tokens.length > IN_USE) tokens.shift();
          tally.kids.add(decodeProtectedHeader(tokens.at(-1) ?? "").kid ?? "");
        },
        tally,
      ),
      every(
        1_000 / REQUESTS_PER_SECOND,
        () => isOver,
        () => use(edges, tokens, tally),
        tally,
      ),
    ]);
    progress("before the rotation");
    await pause(BEFORE_MS);
    await rotate(gate);
    progress("the next key is published; waiting for it to sign");
    for (const end = Date.now() + PATIENCE_MS; tally.kids.size < 2 && Date.now() < end; ) await pause(100);
    progress("the next key signs");
    await pause(AFTER_MS);
    isOver = true;
    await load;
    return {
      checks: [
        {
          what: "tokens refused",
          figure: tally.failures.filter((text) => text.includes("Error: 401")).length,
          unit: "",
          bar: { kind: "exactly", value: 0 },
          note: "",
        },
        {
          what: "requests failed in any way",
          figure: tally.failures.length,
          unit: "",
          bar: { kind: "exactly", value: 0 },
          note: `of ${tally.requests}; tokens by ${tally.kids.size} keys`,
          ...(tally.kids.size < 2 && { void: "the next key has not signed" }),
        },
      ],
      details: { requests: tally.requests, kids: [...tally.kids], failures: tally.failures.slice(0, 50) },
    };
  },
};

/** Client credentials at one edge after another. */
async function tokenSource(gate: GateStack, edges: readonly GateEdge[]): Promise<() => Promise<string>> {
  const tenantId = await newTenant(gate);
  const admin = await newClient(gate, "open", ["clients:admin", SCOPE], tenantId);
  const create = async () => {
    const created = await fetch(`${edges[0]?.url}/v1/clients`, {
      method: "POST",
      headers: { authorization: `Bearer ${admin.token}`, "content-type": "application/json" },
      body: JSON.stringify({ name: "bench", scopes: [SCOPE] }),
    });
    const { id, secret } = await answerOf<{ id: string; secret: string }>(created, 201);
    return { grant_type: "client_credentials", client_id: id, client_secret: secret };
  };
  const forms = await Promise.all(Array.from({ length: CLIENTS }, create));
  let turn = 0;
  return async function ask() {
    const form = forms[++turn % forms.length];
    const answer = await fetch(`${edges[turn % edges.length]?.url}/v1/oauth/token`, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    return (await answerOf<{ access_token: string }>(answer, 200)).access_token;
  };
}

async function answerOf<T>(answer: Response, status: number): Promise<T> {
  if (answer.status !== status) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function use(edges: readonly GateEdge[], tokens: readonly string[], tally: Tally): Promise<void> {
  const edge = edges[tally.requests % edges.length];
  const token = tokens[(tally.requests * 7) % tokens.length];
  const answer = await fetch(`${edge?.url}/v1/products?pageSize=1`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
}

/** Does something at a constant pace, whether or not the last one is done, and counts what fails. */
async function every(
  ms: number,
  isOver: () => boolean,
  act: () => Promise<void>,
  tally: Tally,
): Promise<void> {
  const begun = performance.now();
  const all: Promise<void>[] = [];
  for (let count = 0; !isOver(); count++) {
    await pause(Math.max(0, begun + count * ms - performance.now()));
    const done = act().catch((error: unknown) => void tally.failures.push(String(error)));
    tally.requests++;
    all.push(done);
  }
  await Promise.all(all);
}

/** As an operator does it. */
async function rotate({ stack }: GateStack): Promise<void> {
  await run(process.execPath, ["scripts/keys.ts", "rotate"], {
    env: {
      ...process.env,
      DATABASE_URL: stack.ownerUrl,
      KEY_ENCRYPTION_SECRET: stack.secrets.keyEncryption,
      SIGNING_KEY_PUBLISH_SECONDS: String(PUBLISH_SECONDS),
    },
  });
}
