import Type from "typebox";
import { Compile } from "typebox/compile";
import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import {
  MAX_TAGS,
  ORDER_LIFETIME_SECONDS,
  PURGE_PATH,
  type PurgeOrder,
  signedOrder,
} from "#shared/operator.ts";
import { Problem } from "#shared/problems.ts";
import type { Purge } from "./cache/serve.ts";
import { type Exchange, respond, type Stage } from "./exchange.ts";
import { verifierOf } from "./sign.ts";

export type PurgeDependencies = {
  readonly purge: Purge;
  /** Any of them signs an order. */
  readonly secrets: readonly NamedSecret[];
  readonly now: () => number;
};

const MAX_BODY_BYTES = 65_536;
const SIGNATURE = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

const Order = Compile(
  Type.Union([
    Type.Object(
      {
        tags: Type.Array(Type.String({ pattern: "^[\\x21-\\x7e]{1,1024}$" }), {
          minItems: 1,
          maxItems: MAX_TAGS,
        }),
      },
      { additionalProperties: false },
    ),
    Type.Object({ purgeEverything: Type.Literal(true) }, { additionalProperties: false }),
  ]),
);

/**
 * Does as a signed order of the operator says (`npm run purge`). Whoever cannot sign one learns nothing: the
 * request goes on, and finds that there is no such route.
 */
export function purgeByOrder({ purge, secrets, now }: PurgeDependencies): Stage {
  const verify = verifierOf(secrets);

  /** @returns the body, when it is an order that was signed just now */
  async function signedBody({ headers, body }: Request): Promise<string | null> {
    const [, expiresAt = "", mac = ""] = SIGNATURE.exec(headers.get(names.operator) ?? "") ?? [];
    const secondsLeft = Number(expiresAt) - now() / 1000;
    if (expiresAt === "" || secondsLeft <= 0 || secondsLeft > ORDER_LIFETIME_SECONDS) return null;
    if (!(Number(headers.get("content-length") ?? Number.NaN) <= MAX_BODY_BYTES)) return null;
    const text = await new Response(body).text();
    return (await verify(mac, signedOrder(expiresAt, text))) ? text : null;
  }

  async function obey(exchange: Exchange): Promise<Response | undefined> {
    const text = await signedBody(exchange.request);
    if (text === null) return undefined;
    const outcome = await purge(parseOrder(text));
    exchange.outcome = outcome.success ? "purged" : "not-purged";
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return respond(exchange, 200, headers, JSON.stringify(outcome));
  }

  return function purgeByOrder(exchange) {
    const { path, request } = exchange;
    return path === PURGE_PATH && request.method === "POST" ? obey(exchange) : undefined;
  };
}

function parseOrder(text: string): PurgeOrder {
  const order = parseJson(text);
  if (!Order.Check(order)) throw new Problem("invalid-request", { detail: "the body is no order to purge" });
  return order;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
