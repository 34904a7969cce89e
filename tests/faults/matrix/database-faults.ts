import { contract } from "#shared/contract.ts";
import { ask } from "./exchange.ts";
import type { Lane } from "./lane.ts";

/** What only Postgres can have: each begins, and answers what ends it. */

const EVERY_MS = 150;

export async function terminateBackends({ sql }: Lane): Promise<() => Promise<void>> {
  const terminate = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'gatehouse-origin%'`;
  await terminate();
  const timer = setInterval(() => void terminate().catch(() => undefined), EVERY_MS);
  return async () => clearInterval(timer);
}

/** More than two origins have connections. */
const BUSY = 30;

/** Requests that wait for a table occupy each connection, and more come as soon as some are refused. */
export async function exhaustPool(lane: Lane): Promise<() => Promise<void>> {
  const holder = await lane.sql.reserve();
  await holder`begin`;
  await holder`lock table categories in access exclusive mode`;
  const token = await lane.newToken("busy");
  let isOn = true;
  const wait = async (nth: number) => {
    while (isOn) {
      const url = `${lane.edgeUrl}/v1/categories?pageSize=${1 + (nth % 100)}`;
      const { tookMs } = await ask({ url, token, budgetMs: contract.listCategories.budgetMs });
      if (tookMs < EVERY_MS) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  };
  const waiting = Promise.all(Array.from({ length: BUSY }, (_, nth) => wait(nth)));
  return async () => {
    isOn = false;
    await holder`rollback`;
    holder.release();
    await waiting;
  };
}

/** A trigger in the place of a disk that is full. */
export async function refuseWrites({ sql }: Lane): Promise<() => Promise<void>> {
  await sql.unsafe(`
    create or replace function refuse_for_disk_full() returns trigger language plpgsql as
      $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
    create or replace trigger disk_full before insert or update on stock_movements
      for each statement execute function refuse_for_disk_full()`);
  return async () => {
    await sql.unsafe("drop trigger disk_full on stock_movements");
  };
}
