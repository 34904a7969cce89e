import { createHash } from "node:crypto";
import { and, eq, gt, sql } from "drizzle-orm";
import { headers as names } from "#shared/headers.ts";
import { Problem, type ProblemCode, type ProblemMembers } from "#shared/problems.ts";
import type { Transaction } from "./client.ts";
import { problemOfDatabase } from "./errors.ts";
import { idempotencyKeys } from "./tables/idempotency-keys.ts";
import type { WriteCall, WriteReply } from "./write.ts";

/**
 * Requests with an `Idempotency-Key` take effect once (draft-ietf-httpapi-idempotency-key-header-07):
 * key, fingerprint, answer and effect are committed together, so there is no moment at which a crash
 * could leave one without the others.
 */

/** How long a repetition is recognised. Published in the API description. */
export const IDEMPOTENCY_HOURS = 24;

/** What a repetition is answered: the reply, or the refusal that would come again. */
export type StoredOutcome =
  | { readonly kind: "reply"; readonly reply: WriteReply }
  | {
      readonly kind: "problem";
      readonly code: ProblemCode;
      readonly members: ProblemMembers;
      readonly headers: Readonly<Record<string, string>>;
    };

/**
 * Runs the effect unless the key has been used, and stores what came of it.
 * @returns the reply, or a problem that the caller throws once the transaction is committed
 * @throws Problem `idempotency-in-progress`, `idempotency-key-reused`; whatever else the effect threw
 *   that a later attempt could be spared (5xx): nothing is stored then
 */
export async function once<R extends WriteReply>(
  tx: Transaction,
  call: WriteCall,
  key: string,
  effect: (tx: Transaction) => Promise<R>,
): Promise<R | Problem> {
  const owner = { tenantId: call.caller.tenantId, clientId: call.caller.clientId ?? "" };
  const fingerprint = fingerprintOf(call);
  await lock(tx, [owner.tenantId, owner.clientId, key].join("\n"));

  const stored = await find(tx, owner.clientId, key);
  if (stored !== undefined) {
    if (!stored.fingerprint.equals(fingerprint)) throw new Problem("idempotency-key-reused");
    return replay<R>(stored.outcome);
  }
  const result = await attempt(tx, effect);
  const outcome = outcomeOf(result);
  await tx
    .insert(idempotencyKeys)
    .values({ ...owner, key, fingerprint, outcome, expiresAt: EXPIRY })
    // Only an expired row can be in the way: the lock keeps all others out.
    .onConflictDoUpdate({
      target: [idempotencyKeys.tenantId, idempotencyKeys.clientId, idempotencyKeys.key],
      set: { fingerprint, outcome, createdAt: sql`now()`, expiresAt: EXPIRY },
    })
    .prepare("store_idempotency_key")
    .execute();
  return result;
}

const EXPIRY = sql`now() + make_interval(hours => ${sql.raw(String(IDEMPOTENCY_HOURS))})`;

/** A unique insert would wait for the first request to end; only a try-lock can say 409 at once. */
async function lock(tx: Transaction, name: string): Promise<void> {
  const [row] = await tx
    .select({ free: sql<boolean>`free` })
    .from(sql`pg_try_advisory_xact_lock(hashtextextended(${name}, 0)) as free`)
    .prepare("lock_idempotency_key")
    .execute();
  if (row?.free !== true) throw new Problem("idempotency-in-progress", {}, { "retry-after": "1" });
}

async function find(tx: Transaction, clientId: string, key: string) {
  const rows = await tx
    .select({ fingerprint: idempotencyKeys.fingerprint, outcome: idempotencyKeys.outcome })
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.clientId, clientId),
        eq(idempotencyKeys.key, key),
        gt(idempotencyKeys.expiresAt, sql`now()`),
      ),
    )
    .limit(1)
    .prepare("find_idempotency_key")
    .execute();
  return rows[0];
}

/**
 * Runs the effect behind a savepoint: a refusal that would come again (4xx) undoes the effect but not
 * the transaction, so that it can be stored.
 */
async function attempt<R>(tx: Transaction, effect: (tx: Transaction) => Promise<R>): Promise<R | Problem> {
  try {
    return await tx.transaction(effect);
  } catch (error) {
    const problem = error instanceof Problem ? error : problemOfDatabase(error);
    if (problem === null || problem.status >= 500) throw error;
    return problem;
  }
}

function outcomeOf(result: WriteReply | Problem): StoredOutcome {
  if (!(result instanceof Problem)) return { kind: "reply", reply: result };
  const { code, members, headers } = result;
  return { kind: "problem", code, members, headers };
}

/** RFC-to-be §2.6: the same answer again, marked as such. */
function replay<R extends WriteReply>(outcome: StoredOutcome): R | Problem {
  const mark = { [names.idempotencyReplayed]: "true" };
  if (outcome.kind === "problem") {
    return new Problem(outcome.code, outcome.members, { ...outcome.headers, ...mark });
  }
  // Stored by this same operation: the fingerprint covers method and path.
  const reply: WriteReply = { ...outcome.reply, headers: { ...outcome.reply.headers, ...mark } };
  return reply as R;
}

/** Of method, path, query, who asks (the client is in the key's own name) and body. */
function fingerprintOf({ target, caller: { subject }, body }: WriteCall): Buffer {
  const request = JSON.stringify([target, subject]);
  return createHash("sha256").update(request).update("\n").update(canonicalJson(body)).digest();
}

/** JSON with members in order of their names: two spellings of one body are one request. */
function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_name, member: unknown) =>
      typeof member === "object" && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    ) ?? ""
  );
}
