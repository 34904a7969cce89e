import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { headers as names } from "#shared/headers.ts";

/** Everything that a secret of either tier stands behind, asked for again and again. */

export type Identity = {
  /** Each is asked for in its turn: an account may be tried 60 times a minute. */
  readonly accounts: readonly { readonly id: string; readonly secret: string }[];
  readonly login: { readonly tenant: string; readonly email: string; readonly password: string };
};

export type Load = {
  readonly requests: () => number;
  /** Resolves when each client has done everything once more; rejects when anything was answered otherwise than it should. */
  readonly turn: () => Promise<void>;
  /** The same, and nothing is asked any more. */
  readonly stop: () => Promise<void>;
};

const EVERY_MS = 100;

type Answer = { readonly headers: Headers; readonly json: Record<string, unknown> };

export function startLoad(url: string, identity: Identity, clients: number): Load {
  const turns = Array.from({ length: clients }, () => 0);
  const accounts = inTurn(identity.accounts);
  let requests = 0;
  let stopping = false;

  async function ask(expected: number, path: string, init: RequestInit): Promise<Answer> {
    requests++;
    const answer = await fetch(url + path, init);
    const text = await answer.text();
    if (answer.status !== expected) throw new Error(`${path} was answered with ${answer.status}: ${text}`);
    return { headers: answer.headers, json: JSON.parse(text) };
  }

  const post = (expected: number, path: string, body: object, headers: Record<string, string> = {}) =>
    ask(expected, path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  async function client(index: number): Promise<void> {
    let { refreshToken } = (await post(200, "/v1/auth/login", identity.login)).json;
    let cursor = "";
    for (; !stopping; turns[index] = (turns[index] ?? 0) + 1) {
      const { id, secret } = accounts.next();
      const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
      const issued = await ask(200, "/v1/oauth/token", { method: "POST", body: new URLSearchParams(form) });
      const authorization = `Bearer ${issued.json["access_token"]}`;
      const product = { sku: randomUUID(), name: "A lamp" };
      const key = { authorization, "idempotency-key": randomUUID() };
      const made = await post(201, "/v1/products", product, key);
      const mark = made.headers.get(names.consistency) ?? "";
      const written = made.headers.get("location") ?? "";
      await ask(200, written, { headers: { authorization, [names.consistency]: mark } });
      // The place in the list that the turn before was given.
      const list = await ask(200, `/v1/products?pageSize=1${cursor}`, { headers: { authorization } });
      const { nextCursor } = list.json["meta"] as { nextCursor: string | null };
      cursor = nextCursor === null ? "" : `&cursor=${nextCursor}`;
      ({ refreshToken } = (await post(200, "/v1/auth/refresh", { refreshToken })).json);
      await pause(EVERY_MS);
    }
  }

  const ended = Promise.all(turns.map((_, index) => client(index)));
  ended.catch(() => undefined);
  return {
    requests: () => requests,
    async turn() {
      // The turn that is under way may have begun before.
      const wanted = turns.map((done) => done + 2);
      const isDone = () => turns.every((done, index) => done >= (wanted[index] ?? 0));
      const waited = async () => {
        while (!isDone()) await pause(20);
      };
      await Promise.race([waited(), ended]);
    },
    async stop() {
      stopping = true;
      await ended;
    },
  };
}

function inTurn<T>(all: readonly T[]): { readonly next: () => T } {
  let index = 0;
  return {
    next() {
      const one = all[index++ % all.length];
      if (one === undefined) throw new Error("there is none");
      return one;
    },
  };
}
