import { randomUUID } from "node:crypto";

/** Mixed requests through an edge: what is answered does not matter here, only that there is an answer. */
export type Load = {
  /** Answers by status; 0 for those that got none. */
  readonly counts: ReadonlyMap<number, number>;
  /** Sends nothing until `resume`, and resolves when nothing is under way. */
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

type Options = {
  readonly edgeUrl: string;
  readonly tokens: readonly string[];
  /** Ids of products that are there, for each token. */
  readonly products: readonly (readonly string[])[];
  readonly clients: number;
};

/** Between two requests of one client. */
const THINK_MS = 60;
const GIVE_UP_MS = 8_000;

const mediaTypes: Readonly<Record<string, string>> = { PATCH: "application/merge-patch+json" };

type Request = { readonly path: string; readonly method?: string; readonly body?: unknown };

export function startLoad({ edgeUrl, tokens, products, clients }: Options): Load {
  const counts = new Map<number, number>();
  let stopping = false;
  let paused: PromiseWithResolvers<void> | null = null;
  let underWay = 0;

  async function send(bearer: string, { path, method = "GET", body }: Request, leaves: boolean) {
    underWay++;
    const status = await fetch(edgeUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${bearer}`,
        ...(method !== "GET" && { "idempotency-key": randomUUID(), "if-match": "*" }),
        ...(body !== undefined && { "content-type": mediaTypes[method] ?? "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(leaves ? 5 : GIVE_UP_MS),
    })
      .then(async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      })
      .catch(() => 0);
    underWay--;
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }

  async function client(number: number): Promise<void> {
    const whose = number % tokens.length;
    const own = products[whose] ?? [];
    for (let turn = number; !stopping; turn++) {
      await paused?.promise;
      const bearer = turn % 23 === 0 ? `forged.${randomUUID()}` : (tokens[whose] ?? "");
      await send(bearer, requestOf(turn, own[turn % own.length] ?? ""), turn % 17 === 0);
      await new Promise((resolve) => setTimeout(resolve, THINK_MS * 2 * Math.random()));
    }
  }

  const ended = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return {
    counts,
    async pause() {
      paused ??= Promise.withResolvers<void>();
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    resume() {
      paused?.resolve();
      paused = null;
    },
    async stop() {
      stopping = true;
      paused?.resolve();
      await ended;
    },
  };
}

/** Reads mostly; writes change what is there, so that the data does not grow. */
function requestOf(turn: number, product: string): Request {
  const item = `/v1/products/${product}`;
  switch (turn % 12) {
    case 0:
      return { path: item, method: "PATCH", body: { name: `Turn ${turn}` } };
    case 1:
      return { path: `${item}/stock/main/adjustments`, method: "POST", body: { change: 1, reason: "soak" } };
    case 2:
      return { path: "/v1/products?pageSize=20" };
    case 3:
      return { path: `/v1/products/${randomUUID()}` };
    case 4:
      return { path: "/v1/me" };
    case 5:
      return { path: `/v1/products?ids=${product}` };
    case 6:
      return { path: "/no/such/route" };
    case 7:
      return { path: "/v1/orders?pageSize=5" };
    default:
      return { path: item };
  }
}
