import { sql } from "drizzle-orm";
import { v7 as uuidv7 } from "uuid";
import type { Transaction } from "../../../db/client.ts";
import { build, prepareStatement } from "../../../db/statement.ts";
import { lockTree } from "../../categories/tree.ts";

/** Ids of categories by their path from the root, as `pathKey` writes it. */
export type CategoryIds = ReadonlyMap<string, string>;

type Path = readonly string[];

export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

type Resolved = { readonly ids: CategoryIds; readonly created: readonly string[] };

/**
 * Finds the categories of paths, and makes those that are missing. Each transaction looks anew: what an earlier
 * one found may have been moved, renamed or deleted since.
 */
export async function resolvePaths(
  tx: Transaction,
  tenantId: string,
  paths: readonly Path[],
): Promise<Resolved> {
  const wanted = new Map(paths.filter((path) => path.length > 0).map((path) => [pathKey(path), path]));
  if (wanted.size === 0) return { ids: new Map(), created: [] };
  const ids = await find(tx, wanted);
  if (ids.size === wanted.size) return { ids, created: [] };
  // From here on nothing is moved: a path is as long as what it names is deep, and none is too long.
  await lockTree(tx, tenantId);
  return make(tx, tenantId, [...wanted.values()]);
}

const category = { key: sql<string>`key`.as("key"), id: sql<string>`id`.as("id") };
const walk = prepareStatement(
  category,
  build.select(category).from(sql`(
    with recursive wanted as (
      select path::text as key, path from json_array_elements(${sql.placeholder("paths")}::json) as path
    ), below as (
      select key, path, 1 as level, category.id from wanted
      join categories as category on category.parent_id is null and category.name = path ->> 0
      union all
      select key, path, level + 1, category.id from below
      join categories as category on category.parent_id = below.id and category.name = path ->> level
    )
    select key, id from below where level = json_array_length(path)
  ) as found`),
);

/** Those of the paths that there are. Postgres keeps JSON as it was written: its text is the key. */
async function find(tx: Transaction, wanted: ReadonlyMap<string, Path>): Promise<Map<string, string>> {
  const found = await walk(tx, { paths: `[${[...wanted.keys()].join()}]` });
  return new Map(found.map(({ key, id }) => [key, id]));
}

/** Makes what is missing, level by level. */
async function make(tx: Transaction, tenantId: string, paths: readonly Path[]): Promise<Resolved> {
  const ids = new Map<string, string>();
  const created: string[] = [];
  const depth = Math.max(...paths.map((path) => path.length));
  for (let level = 1; level <= depth; level++) {
    const wanted = wantedAt(level, paths, ids);
    created.push(...(await insertMissing(tx, tenantId, wanted)));
    for (const { key, id } of await findLevel(tx, wanted)) ids.set(key, id);
  }
  return { ids, created };
}

type Wanted = { readonly key: string; readonly parent_id: string | null; readonly name: string };

function wantedAt(level: number, paths: readonly Path[], ids: CategoryIds): Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const path of paths) {
    const name = path[level - 1];
    if (name === undefined) continue;
    const key = pathKey(path.slice(0, level));
    const parent_id = level === 1 ? null : (ids.get(pathKey(path.slice(0, level - 1))) ?? null);
    wanted.set(key, { key, parent_id, name });
  }
  // Always in the same order, so that whoever makes roots meanwhile is waited for in one direction only.
  return [...wanted.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function insertMissing(
  tx: Transaction,
  tenantId: string,
  wanted: readonly Wanted[],
): Promise<string[]> {
  const rows = JSON.stringify(wanted.map((one) => ({ ...one, id: uuidv7() })));
  const made = await tx.execute<{ id: string }>(sql`
    insert into categories (tenant_id, id, parent_id, name)
    select ${tenantId}::uuid, id, parent_id, name
    from json_to_recordset(${rows}::json) as wanted (id uuid, parent_id uuid, name text)
    on conflict on constraint categories_name_key do nothing
    returning id`);
  return made.map(({ id }) => id);
}

async function findLevel(tx: Transaction, wanted: readonly Wanted[]): Promise<{ key: string; id: string }[]> {
  return tx.execute<{ key: string; id: string }>(sql`
    select wanted.key, categories.id
    from json_to_recordset(${JSON.stringify(wanted)}::json) as wanted (key text, parent_id uuid, name text)
    join categories on categories.name = wanted.name and categories.parent_id is not distinct from wanted.parent_id`);
}
