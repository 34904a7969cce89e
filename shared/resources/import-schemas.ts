import Type, { type Static } from "typebox";
import { Id, Nullable, Timestamp } from "./common.ts";

export const MAX_PARTS = 1_000;
/** Of one import, in all of its parts; blank ones do not count. */
export const MAX_IMPORT_LINES = 1_000_000;
/** Of one import, how many errors are kept. */
export const MAX_IMPORT_ERRORS = 1_000;

const count = Type.Integer({ minimum: 0 });

/** What became of lines: `received` = `created` + `updated` + `failed`; blank ones do not count. */
export const importCounts = {
  received: count,
  created: count,
  /** Also those that were the same already. */
  updated: count,
  failed: count,
};

export const ImportState = Type.Enum(["open", "completed"]);

const importName = Type.String({ minLength: 1, maxLength: 200 });
const totalLines = Type.Integer({ minimum: 1, maximum: MAX_IMPORT_LINES });

/** An import as lists show it. */
export const ImportSummary = Type.Object(
  {
    id: Id,
    state: ImportState,
    name: Nullable(importName),
    /** How many lines its client said there will be; `received` of them have been dealt with. */
    totalLines: Nullable(totalLines),
    ...importCounts,
    createdAt: Timestamp,
    updatedAt: Timestamp,
    completedAt: Nullable(Timestamp),
  },
  { title: "ImportSummary", additionalProperties: false },
);
export type ImportSummary = Static<typeof ImportSummary>;

export const ImportPart = Type.Object(
  {
    number: Type.Integer({ minimum: 1, maximum: MAX_PARTS }),
    lines: Type.Integer({ description: "The number of the last line that has been dealt with" }),
    ...importCounts,
    complete: Type.Boolean({ description: "False: send it again, what has been dealt with is skipped" }),
  },
  { title: "ImportPart", additionalProperties: false },
);
export type ImportPart = Static<typeof ImportPart>;

export const Import = Type.Object(
  {
    ...ImportSummary.properties,
    parts: Type.Array(ImportPart, { description: "Those that have begun, in order of their numbers" }),
  },
  { title: "Import", additionalProperties: false },
);
export type Import = Static<typeof Import>;

export const ImportCreate = Type.Object(
  {
    /** For people: the name of the file, say. */
    name: Type.Optional(Nullable(importName)),
    /** For showing progress. */
    totalLines: Type.Optional(Nullable(totalLines)),
  },
  { title: "ImportCreate", additionalProperties: false },
);

export const ImportComplete = Type.Object(
  {
    parts: Type.Integer({
      minimum: 1,
      maximum: MAX_PARTS,
      description: "How many there are: parts 1 to this one, all complete",
    }),
  },
  { title: "ImportComplete", additionalProperties: false },
);

/** Why a line was refused. */
export const ImportError = Type.Object(
  {
    part: Type.Integer(),
    line: Type.Integer({ description: "The line's number in its part, from 1" }),
    /** Into the line, a JSON Pointer (RFC 6901); empty: all of it. */
    pointer: Type.String(),
    rule: Type.String(),
    detail: Type.String(),
  },
  { title: "ImportError", additionalProperties: false },
);
