import { sql } from "drizzle-orm";
import { type Change, encodeChanges } from "#shared/changes.ts";
import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import type { CallContext, Caller } from "../call.ts";
import type { DatabaseSpan } from "../tracing/tracing.ts";
import type { Connections } from "./client.ts";
import { historyOfSession } from "./history.ts";
import { claim, namedRequest, type Outcome, refusalOf, remember, replay } from "./idempotency.ts";
import { announce } from "./outbox.ts";
import { type Pipelined, pipelined, send, settled } from "./pipeline.ts";
import { retrying } from "./retry.ts";
import { build, prepareStatement } from "./statement.ts";
import { timeoutsWithin } from "./timeouts.ts";
import { inSpan, marked } from "./traced.ts";
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
export type Effect<R> = (tx: Pipelined, changes: Change[]) => Promise<R>;

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
    const run = async (tx: Pipelined) => {
      const changes: Change[] = [];
      const reply = await effect(tx, changes);
      send(tx, announce(tx, tenantId, changes));
      const changed = encodeChanges(changes);
      const told = changed === null ? {} : { [names.changed]: changed };
      // It is stored with the answer: an edge that gets a repetition's, and is not told what the first one changed,
      // takes nothing of the tenant's for unchanged.
      return { ...reply, headers: { ...reply.headers, ...told } };
    };
    const transact: Transact = (work) =>
      retrying(() => inTransaction(connections, tenantId, work, actorOf(call)));
    const key = call.idempotencyKey;
    const done = await (key === null ? transact(run) : once(transact, call, key, run));
    committed();
    return { ...done.result, headers: { ...done.result.headers, ...done.consistency } };
  };
}

type Transact = <R>(work: (tx: Pipelined) => Promise<R>) => Promise<Committed<R>>;

/**
 * Runs an effect unless its key has been used, and stores what came of it. A refusal that would come again
 * (4xx) undoes the effect, so it is stored by a transaction of its own, unless the key has been used meanwhile.
 * @throws Problem the refusal; `idempotency-in-progress`, `idempotency-key-reused`; whatever else the effect
 *   threw that a later attempt could be spared (5xx): nothing is stored then
 */
async function once<R extends WriteReply>(
  transact: Transact,
  call: WriteCall,
  key: string,
  run: (tx: Pipelined) => Promise<R>,
): Promise<Committed<R>> {
  const request = namedRequest(call, key);
  const unlessUsed = (outcomeIn: (tx: Pipelined) => Promise<Outcome<R>>) =>
    transact(async (tx) => {
      const stored = await claim(tx, request);
      if (stored !== null) return replay<R>(stored);
      const came = await outcomeIn(tx);
      send(tx, remember(tx, request, came));
      return came;
    });
  const refused = async (error: unknown) => {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return unlessUsed(async () => refusal);
  };
  const { result, consistency } = await unlessUsed(run).catch(refused);
  // Thrown only now, after the commit that stored it.
  if (result instanceof Problem) throw result;
  return { result, consistency };
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
  connections: Connections,
  tenantId: string,
  work: (tx: Pipelined) => Promise<R>,
  actor: Actor = NOBODY,
): Promise<Committed<R>> {
  const { trace } = currentWork();
  const transact = (span: DatabaseSpan | null) => transaction(connections, { tenantId, work, actor, span });
  return trace ? inSpan(trace, transact) : transact(null);
}

type Running<R> = {
  readonly tenantId: string;
  readonly work: (tx: Pipelined) => Promise<R>;
  readonly actor: Actor;
  /** Null unless it is recorded. */
  readonly span: DatabaseSpan | null;
};

function transaction<R>(
  { pool }: Connections,
  { tenantId, work, actor, span }: Running<R>,
): Promise<Committed<R>> {
  return pool.use(async ({ db }) => {
    span?.connected();
    const { statementMs, transactionMs } = timeoutsWithin(currentWork().remainingMs());
    const sent: Promise<unknown>[] = [];
    try {
      return await db.transaction(async (plain) => {
        const tx = pipelined(span === null ? plain : marked(plain, span), sent);
        const settings = { tenant: tenantId, actor: JSON.stringify(actor), statementMs, transactionMs };
        const begun = beginWrite(tx, settings);
        send(tx, begun);
        const result = await work(tx);
        const [row] = await begun;
        const consistency = { [names.consistency]: row?.xid ?? "", [names.history]: row?.history ?? "" };
        return { result, consistency };
      });
    } finally {
      // After a commit that was none, this says why; after an error, it says which one came first.
      await settled(sent);
    }
  });
}

const setting = (name: string, value: string) =>
  sql`set_config(${sql.raw(`'${name}'`)}, ${sql.placeholder(value)}, true)`;
const begun = {
  xid: sql<string>`pg_current_xact_id()::text`.as("xid"),
  history: sql<string>`${historyOfSession}`.as("history"),
};
const beginWrite = prepareStatement(
  begun,
  build.select(begun).from(
    // A running transaction_timeout is not shortened by a new value, but one that is off is begun.
    sql`(select ${setting("app.tenant", "tenant")}, ${setting("app.actor", "actor")},
      ${setting("statement_timeout", "statementMs")},
      set_config('transaction_timeout', '0', true), ${setting("transaction_timeout", "transactionMs")}) as setting`,
  ),
);
