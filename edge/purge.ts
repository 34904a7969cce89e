import Type from "typebox";
import { Compile } from "typebox/schema";
import { MAX_TAGS, PURGE_TARGET, type PurgeOrder } from "#shared/operator.ts";
import { Problem } from "#shared/problems.ts";
import type { Purge } from "./cache/serve.ts";
import { type Exchange, respond, type Stage } from "./exchange.ts";
import { isTarget, type ReadOrder } from "./operator.ts";

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
export function purgeByOrder(purge: Purge, readOrder: ReadOrder): Stage {
  async function obey(exchange: Exchange): Promise<Response | undefined> {
    const text = await readOrder(exchange.request, PURGE_TARGET);
    if (text === null) return undefined;
    const outcome = await purge(parseOrder(text));
    exchange.outcome = outcome.success ? "purged" : "not-purged";
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    return respond(exchange, 200, headers, JSON.stringify(outcome));
  }

  return function purgeByOrder(exchange) {
    return isTarget(exchange, PURGE_TARGET) ? obey(exchange) : undefined;
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
