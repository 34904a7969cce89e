import { and, eq, sql } from "drizzle-orm";
import type { Connections } from "../../db/client.ts";
import { ofTenant } from "../../db/of-tenant.ts";
import { webhookDeliveries, webhooks } from "../../db/tables/webhooks.ts";
import { inTransaction } from "../../db/write.ts";
import type { Claimed } from "./claim.ts";
import { afterFailure } from "./schedule.ts";
import type { Attempt } from "./send.ts";

/** What an attempt makes of a delivery. */
export type Outcome =
  | { readonly kind: "delivered" }
  | { readonly kind: "again"; readonly at: number }
  | { readonly kind: "dead" }
  /** Dead, and its webhook disabled. */
  | { readonly kind: "gone" };

/** @param now milliseconds since the epoch; @param random from 0 to below 1 */
export function outcomeOf(
  { error, retryAfter }: Attempt,
  attempts: number,
  now: number,
  random: () => number,
): Outcome {
  if (error === null) return { kind: "delivered" };
  if (error === "gone") return { kind: "gone" };
  return afterFailure(attempts, retryAfter, now, random);
}

/**
 * Notes how an attempt ended, unless the claim was lost meanwhile.
 * @returns false when it was
 */
export async function record(
  connections: Connections,
  { tenantId, webhookId, eventId, attempts }: Claimed,
  { status, error }: Attempt,
  outcome: Outcome,
): Promise<boolean> {
  const state =
    outcome.kind === "again" ? "pending" : outcome.kind === "delivered" ? "delivered" : ("dead" as const);
  const nextAttemptAt = outcome.kind === "again" ? new Date(outcome.at).toISOString() : null;
  const { result } = await inTransaction(connections, tenantId, async (tx) => {
    const noted = await tx
      .update(webhookDeliveries)
      .set({ state, nextAttemptAt, lastStatus: status, lastError: error })
      .where(
        and(
          ofTenant(webhookDeliveries),
          eq(webhookDeliveries.webhookId, webhookId),
          eq(webhookDeliveries.eventId, eventId),
          eq(webhookDeliveries.attempts, attempts),
          eq(webhookDeliveries.state, "pending"),
        ),
      )
      .returning({ eventId: webhookDeliveries.eventId });
    if (noted.length > 0 && outcome.kind === "gone") {
      await tx
        .update(webhooks)
        .set({
          enabled: false,
          disabledReason: "gone",
          version: sql`${webhooks.version} + 1`,
          updatedAt: sql`now()`,
        })
        .where(and(ofTenant(webhooks), eq(webhooks.id, webhookId), eq(webhooks.enabled, true)));
    }
    return noted.length > 0;
  });
  return result;
}
