import type { Seen } from "./cell.ts";
import { type Dependency, type DependencyId, dependencies, type Row } from "./faults.ts";
import { requestIds, requests } from "./requests.ts";

/** The tables of docs/outage-contract.md: written from what was seen, and read to be compared with it. */

export const DOCUMENT = "docs/outage-contract.md";

const COLUMNS = [
  "fault",
  ...requestIds.map((id) => requests[id].title),
  "writes lost or doubled",
  "back within 5 s",
];

/** A row as the document has it. */
export function rowText({ title }: Pick<Row, "title">, { outcomes, lost, recovers }: Seen): string {
  return line([title, ...requestIds.map((id) => outcomes.get(id) ?? ""), lost, recovers]);
}

/** What the document says of a row; undefined: nothing. */
export function rowOf(document: string, dependency: DependencyId, row: string): string | undefined {
  const { title, rows }: Dependency = dependencies[dependency];
  const section = document.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  return section?.split("\n").find((text) => text.startsWith(`| ${rows[row]?.title} |`));
}

/** Each cell that has another class than it had, with both. */
export function differences(dependency: DependencyId, before: string | undefined, after: string): string[] {
  const [was, is] = [cells(before ?? ""), cells(after)];
  const where = `${dependencies[dependency].title}, ${is[0]}`;
  if (before === undefined) return [`${where}: is not in ${DOCUMENT}`];
  return COLUMNS.flatMap((column, index) =>
    was[index] === is[index] ? [] : [`${where}, ${column}: was "${was[index]}", is "${is[index]}"`],
  );
}

/** The document with the tables as they should be: rows that were seen as they were seen, others as they are. */
export function rewritten(document: string, seen: ReadonlyMap<string, string>): string {
  let text = document;
  for (const [id, { title, rows }] of Object.entries<Dependency>(dependencies)) {
    const dependency = id as DependencyId;
    const known = Object.keys(rows).flatMap((row) => {
      const found = seen.get(`${dependency}.${row}`) ?? rowOf(document, dependency, row);
      return found === undefined ? [] : [found];
    });
    const table = [line(COLUMNS), line(COLUMNS.map(() => "---")), ...known].join("\n");
    const section = new RegExp(`(^## ${title}\\n(?:(?!^(?:## |\\|)).*\\n)*)(?:^\\|.*\\n)+`, "m");
    if (!section.test(text)) throw new Error(`${DOCUMENT} has no section "${title}" with a table`);
    text = text.replace(section, (_, before: string) => `${before}${table}\n`);
  }
  return text;
}

const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
const cells = (text: string) =>
  text
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
