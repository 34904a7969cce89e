import { sql } from "drizzle-orm";
import { type Change, encodeChanges } from "#shared/changes.ts";
import { headers as names } from "#shared/headers.ts";
import type { CallContext, Caller } from "../call.ts";
import type { Connections, Transaction } from "./client.ts";
import { historyOfSession } from "./history.ts";
import { once } from "./idempotency.ts";
import { announce } from "./outbox.ts";
import { retrying } from "./retry.ts";
import { timeoutsWithin } from "./timeouts.ts";
import { currentWork } from "./work.ts";

/** The part of a call that a write needs: whose data it changes, and whether it may be a repetition. */
export type WriteCall = CallContext & { readonly caller: Caller; readonly body: unknown };

export type WriteReply = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/**
 * What a write does in its transaction. It notes what it changes in `changes`. A problem it throws
 * undoes it. It may be run again, when Postgres gives a transaction up for the sake of another.
 */
export type Effect<R> = (tx: Transaction, changes: Change[]) => Promise<R>;

export type Write = <R extends WriteReply>(call: WriteCall, effect: Effect<R>) => Promise<R>;

type Options = {
  readonly connections: Connections;
  /** Called after a commit that changed something, so that the relay need not wait for its next look. */
  readonly committed: () => void;
};

/**
 * Runs effects in a transaction of the caller's tenant, together with their outbox rows and, if the
 * request has an `Idempotency-Key`, with what is needed to answer a repetition.
 */
export function createWrite({ connections, committed }: Options): Write {
  return async function write(call, effect) {
    const { tenantId } = call.caller;
    // Null when the effect did not run, for then the answer is that of an earlier write.
    let changed: string | null = null;
    const run = async (tx: Transaction) => {
      const { reply, changes } = await withChanges(tx, tenantId, effect);
      changed = encodeChanges(changes);
      return reply;
    };
    const work = (tx: Transaction) =>
      call.idempotencyKey === null ? run(tx) : once(tx, call, call.idempotencyKey, run);
    const done = await retrying(() => inTransaction(connections, tenantId, work, actorOf(call)));
    // A problem that was stored for repetitions is thrown only now, after the commit that stored it.
    if (done.result instanceof Error) throw done.result;
    committed();
    const told = changed === null ? {} : { [names.changed]: changed };
    return { ...done.result, headers: { ...done.result.headers, ...done.consistency, ...told } };
  };
}

async function withChanges<R>(tx: Transaction, tenantId: string, effect: Effect<R>) {
  const changes: Change[] = [];
  const reply = await effect(tx, changes);
  await announce(tx, tenantId, changes);
  return { reply, changes };
}

export type Committed<R> = {
  readonly result: R;
  /** The headers that tell the edge of the transaction's place in the order of commits. */
  readonly consistency: Readonly<Record<string, string>>;
};

/** Who writes, as the audit log tells it. */
export type Actor = {
  readonly requestId: string | null;
  readonly subject: string | null;
  readonly clientId: string | null;
};

const NOBODY: Actor = { requestId: null, subject: null, clientId: null };

export function actorOf({ requestId, caller: { subject, clientId } }: Omit<WriteCall, "body">): Actor {
  return { requestId, subject, clientId };
}

/**
 * Runs `work` in one transaction that sees and writes this tenant's rows only.
 * @param actor default: nobody, for what happens by itself
 */
export function inTransaction<R>(
  { pool }: Connections,
  tenantId: string,
  work: (tx: Transaction) => Promise<R>,
  actor: Actor = NOBODY,
): Promise<Committed<R>> {
  return pool.use(({ db }) =>
    db.transaction(async (tx) => {
      const { statementMs, transactionMs } = timeoutsWithin(currentWork().remainingMs());
      const [row] = await tx
        .select({ xid: sql<string>`pg_current_xact_id()::text`, history: historyOfSession })
        .from(
          // A running transaction_timeout is not shortened by a new value, but one that is off is begun.
          sql`(select set_config('app.tenant', ${tenantId}, true),
            set_config('app.actor', ${JSON.stringify(actor)}, true),
            set_config('statement_timeout', ${String(statementMs)}, true),
            set_config('transaction_timeout', '0', true),
            set_config('transaction_timeout', ${String(transactionMs)}, true)) as setting`,
        )
        .prepare("begin_write")
        .execute();
      const consistency = { [names.consistency]: row?.xid ?? "", [names.history]: row?.history ?? "" };
      return { result: await work(tx), consistency };
    }),
  );
}
