import type { Connections } from "../../db/client.ts";
import type { Seal } from "../../seal.ts";
import type { Claimed } from "./claim.ts";
import { type Outcome, outcomeOf, record } from "./record.ts";
import { sealName } from "./rows.ts";
import type { Send } from "./send.ts";
import { signedHeaders } from "./sign.ts";

export type DeliveryParts = {
  readonly connections: Connections;
  readonly seal: Seal;
  readonly send: Send;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
};

/** An attempt as a whole: resolving, connecting, sending, and waiting for the answer. */
const ATTEMPT_MS = 10_000;

/**
 * Makes one attempt and notes how it ended.
 * @returns null when the claim was lost meanwhile
 */
export async function deliver(
  { connections, seal, send, now, random }: DeliveryParts,
  claimed: Claimed,
): Promise<Outcome | null> {
  const { tenantId, webhookId, eventId, attempts, url, type, occurredAt, data } = claimed;
  const secrets = claimed.sealedSecrets.map((sealed) => seal.open(sealName(tenantId, webhookId), sealed));
  // `data` is JSON already: parsed and written again, it might not be the same.
  const body = `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(occurredAt)},"data":${data}}`;
  const headers = {
    "content-type": "application/json",
    "user-agent": "Gatehouse-Webhooks/1",
    ...signedHeaders({ id: eventId, timestamp: Math.floor(now() / 1_000), body }, secrets),
  };
  const attempt = await send({ url, headers, body }, AbortSignal.timeout(ATTEMPT_MS));
  const outcome = outcomeOf(attempt, attempts, now(), random);
  return (await record(connections, claimed, attempt, outcome)) ? outcome : null;
}
