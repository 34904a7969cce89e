import type { Import } from "#shared/resources/import-schemas.ts";
import { importParts, imports } from "../../db/tables/imports.ts";

/** The columns that an import is read from. */
export const importColumns = {
  id: imports.id,
  state: imports.state,
  name: imports.name,
  totalLines: imports.totalLines,
  received: imports.received,
  created: imports.created,
  updated: imports.updated,
  failed: imports.failed,
  createdAt: imports.createdAt,
  updatedAt: imports.updatedAt,
  completedAt: imports.completedAt,
};

export const partColumns = {
  number: importParts.number,
  lines: importParts.lines,
  received: importParts.received,
  created: importParts.created,
  updated: importParts.updated,
  failed: importParts.failed,
  complete: importParts.complete,
};

/** The strong entity tag of an import: none of these ever goes back, and nothing else changes without them. */
export function importTag({ state, received, parts }: Import): string {
  const complete = parts.filter((part) => part.complete).length;
  return `"${state}.${received}.${parts.length}.${complete}"`;
}
