import { createHash } from "node:crypto";
import { and, eq, gt, sql } from "drizzle-orm";
import { headers as names } from "#shared/headers.ts";
import { Problem, type ProblemCode, type ProblemMembers } from "#shared/problems.ts";
import type { Transaction } from "./client.ts";
import { problemOfDatabase } from "./errors.ts";
import { ofTenant } from "./of-tenant.ts";
import { build, prepareStatement } from "./statement.ts";
import { idempotencyKeys } from "./tables/idempotency-keys.ts";
import type { WriteCall, WriteReply } from "./write.ts";

/**
 * Requests with an `Idempotency-Key` take effect once (draft-ietf-httpapi-idempotency-key-header-07):
 * key, fingerprint, answer and effect are committed together, so there is no moment at which a crash
 * could leave one without the others.
 */

/** How long a repetition is recognised. Published in the API description. */
export const IDEMPOTENCY_HOURS = 24;

/** What came of a request: its reply, or its refusal. */
export type Outcome<R> = R | Problem;

/** What a repetition is answered: the reply, or the refusal that would come again. */
export type StoredOutcome =
  | { readonly kind: "reply"; readonly reply: WriteReply }
  | {
      readonly kind: "problem";
      readonly code: ProblemCode;
      readonly members: ProblemMembers;
      readonly headers: Readonly<Record<string, string>>;
    };

/** Whose key it is, and what it was first sent with. */
export type NamedRequest = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly key: string;
  readonly fingerprint: Buffer;
};

export function namedRequest(call: WriteCall, key: string): NamedRequest {
  const { tenantId, clientId } = call.caller;
  return { tenantId, clientId: clientId ?? "", key, fingerprint: fingerprintOf(call) };
}

/**
 * Takes the key for this transaction.
 * @returns what was stored with it; null: nothing, it is the transaction's to use
 * @throws Problem `idempotency-in-progress`, `idempotency-key-reused`
 */
export async function claim(tx: Transaction, request: NamedRequest): Promise<StoredOutcome | null> {
  const { tenantId, clientId, key, fingerprint } = request;
  // A statement of its own: one that also looked would not see what was committed while it took the lock.
  const locking = lockKey(tx, { name: [tenantId, clientId, key].join("\n") });
  const finding = findKey(tx, { clientId, key });
  const [[lock], [stored]] = await Promise.all([locking, finding]);
  if (lock?.free !== true) throw new Problem("idempotency-in-progress", {}, { "retry-after": "1" });
  if (stored === undefined) return null;
  if (!stored.fingerprint.equals(fingerprint)) throw new Problem("idempotency-key-reused");
  return stored.outcome;
}

const free = sql<boolean>`free`.as("free");

/** A unique insert would wait for the first request to end; only a try-lock can say 409 at once. */
const lockKey = prepareStatement(
  { free },
  build
    .select({ free })
    .from(sql`pg_try_advisory_xact_lock(hashtextextended(${sql.placeholder("name")}, 0)) as free`),
);

const found = { fingerprint: idempotencyKeys.fingerprint, outcome: idempotencyKeys.outcome };
const findKey = prepareStatement(
  found,
  build
    .select(found)
    .from(idempotencyKeys)
    .where(
      and(
        ofTenant(idempotencyKeys),
        eq(idempotencyKeys.clientId, sql.placeholder("clientId")),
        eq(idempotencyKeys.key, sql.placeholder("key")),
        gt(idempotencyKeys.expiresAt, sql`now()`),
      ),
    )
    .limit(1),
);

/** Stores what came of a request whose key the transaction has claimed. */
export function remember(
  tx: Transaction,
  request: NamedRequest,
  result: Outcome<WriteReply>,
): Promise<unknown> {
  return storeKey(tx, { ...request, outcome: outcomeOf(result) });
}

const EXPIRY = sql`now() + make_interval(hours => ${sql.raw(String(IDEMPOTENCY_HOURS))})`;

const storeKey = prepareStatement(
  {},
  build
    .insert(idempotencyKeys)
    .values({
      tenantId: sql.placeholder("tenantId"),
      clientId: sql.placeholder("clientId"),
      key: sql.placeholder("key"),
      fingerprint: sql.placeholder("fingerprint"),
      outcome: sql.placeholder("outcome"),
      expiresAt: EXPIRY,
    })
    // Only an expired row can be in the way: the lock keeps all others out.
    .onConflictDoUpdate({
      target: [idempotencyKeys.tenantId, idempotencyKeys.clientId, idempotencyKeys.key],
      set: {
        fingerprint: sql`excluded.fingerprint`,
        outcome: sql`excluded.outcome`,
        createdAt: sql`now()`,
        expiresAt: EXPIRY,
      },
    }),
);

/** What a claim refuses with: it says nothing of the request, only of its key. */
const OF_THE_KEY = new Set<ProblemCode>(["idempotency-in-progress", "idempotency-key-reused"]);

/** The refusal that would come again (4xx), if an error is one. */
export function refusalOf(error: unknown): Problem | null {
  const problem = error instanceof Problem ? error : problemOfDatabase(error);
  return problem === null || problem.status >= 500 || OF_THE_KEY.has(problem.code) ? null : problem;
}

function outcomeOf(result: Outcome<WriteReply>): StoredOutcome {
  if (!(result instanceof Problem)) return { kind: "reply", reply: result };
  const { code, members, headers } = result;
  return { kind: "problem", code, members, headers };
}

/** RFC-to-be §2.6: the same answer again, marked as such. */
export function replay<R extends WriteReply>(outcome: StoredOutcome): Outcome<R> {
  const mark = { [names.idempotencyReplayed]: "true" };
  if (outcome.kind === "problem") {
    return new Problem(outcome.code, outcome.members, { ...outcome.headers, ...mark });
  }
  // Stored by this same operation: the fingerprint covers method and path.
  const reply: WriteReply = { ...outcome.reply, headers: { ...outcome.reply.headers, ...mark } };
  return reply as R;
}

/** Whether an answer is an earlier request's, so that nothing has happened now. */
export function isReplay({ headers }: Pick<WriteReply, "headers">): boolean {
  return headers?.[names.idempotencyReplayed] !== undefined;
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
