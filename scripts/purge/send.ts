import Type from "typebox";
import { Compile } from "typebox/compile";
import { signatureOf } from "#scripts/local/operator.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { headers as names } from "#shared/headers.ts";
import { PURGE_PATH, PURGE_TARGET, type PurgeOrder, type PurgeOutcome } from "#shared/operator.ts";

const Outcome = Compile(
  Type.Object({
    success: Type.Boolean(),
    errors: Type.Array(Type.Object({ code: Type.Number(), message: Type.String() })),
    reach: Type.Union([Type.Literal("network"), Type.Literal("isolate")]),
  }),
);

const TIMEOUT_MS = 10_000;

/**
 * Sends a signed order to an edge.
 * @param secret one of the edge's ASSERTION_SECRETS
 * @param now milliseconds since the epoch
 * @throws StartError when the edge cannot be reached or does not take it for an order
 */
export async function sendOrder(
  url: string,
  secret: string,
  order: PurgeOrder,
  now: number,
): Promise<PurgeOutcome> {
  const body = JSON.stringify(order);
  const response = await fetch(url + PURGE_PATH, {
    method: "POST",
    headers: {
      [names.operator]: signatureOf(secret, PURGE_TARGET, body, now),
      "content-type": "application/json",
    },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new StartError(
      `${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const outcome: unknown = await response.json().catch(() => null);
  if (response.status === 200 && Outcome.Check(outcome)) return outcome;
  const why =
    response.status === 404 ? "it has another secret, or another time" : `it answered ${response.status}`;
  throw new StartError(`${url} did not take the order: ${why}.`);
}

/** What became of it, for whoever ordered it. */
export function reportOf(order: PurgeOrder, { success, errors, reach }: PurgeOutcome): string {
  const what = "tags" in order ? order.tags.join(", ") : "everything";
  if (!success) {
    const why = errors.map(({ code, message }) => `${message} (${code})`).join("; ");
    return `Nothing was purged: ${why || "the platform gave no reason"}.`;
  }
  const where =
    reach === "network" ? "at every location" : "in the isolate that answered; others keep theirs";
  return `Purged ${what} ${where}.`;
}
