import { sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Transaction } from "../../../db/client.ts";

/** Ids of categories by their path from the root, as `pathKey` writes it. */
export type CategoryIds = ReadonlyMap<string, string>;

export type Path = readonly string[];

export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

export type Resolved = { readonly ids: CategoryIds; readonly created: readonly string[] };

/**
 * Finds the categories of paths, level by level, and makes those that are missing.
 * @param known from earlier batches; what is found is not added to it, for the transaction may fail
 */
export async function resolvePaths(
  tx: Transaction,
  tenantId: string,
  paths: readonly Path[],
  known: CategoryIds,
): Promise<Resolved> {
  const ids = new Map(known);
  const created: string[] = [];
  const depth = Math.max(0, ...paths.map((path) => path.length));
  for (let level = 1; level <= depth; level++) {
    const wanted = wantedAt(level, paths, ids);
    if (wanted.length === 0) continue;
    created.push(...(await insertMissing(tx, tenantId, wanted)));
    for (const { key, id } of await find(tx, wanted)) ids.set(key, id);
  }
  return { ids, created };
}

type Wanted = { readonly key: string; readonly parent_id: string | null; readonly name: string };

function wantedAt(level: number, paths: readonly Path[], ids: CategoryIds): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const path of paths) {
    const name = path[level - 1];
    const key = pathKey(path.slice(0, level));
    if (name === undefined || ids.has(key)) continue;
    const parent_id = level === 1 ? null : (ids.get(pathKey(path.slice(0, level - 1))) ?? null);
    wanted.set(key, { key, parent_id, name });
  }
  // Always in the same order, so that two imports wait for each other in one direction only.
  return [...wanted.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function insertMissing(
  tx: Transaction,
  tenantId: string,
  wanted: readonly Wanted[],
): Promise<string[]> {
  const rows = JSON.stringify(wanted.map((category) => ({ ...category, id: uuidv7() })));
  const made = await tx.execute<{ id: string }>(sql`
    insert into categories (tenant_id, id, parent_id, name)
    select ${tenantId}::uuid, id, parent_id, name
    from json_to_recordset(${rows}::json) as wanted (id uuid, parent_id uuid, name text)
    on conflict on constraint categories_name_key do nothing
    returning id`);
  return made.map(({ id }) => id);
}

async function find(tx: Transaction, wanted: readonly Wanted[]): Promise<{ key: string; id: string }[]> {
  return tx.execute<{ key: string; id: string }>(sql`
    select wanted.key, categories.id
    from json_to_recordset(${JSON.stringify(wanted)}::json) as wanted (key text, parent_id uuid, name text)
    join categories on categories.name = wanted.name and categories.parent_id is not distinct from wanted.parent_id`);
}
