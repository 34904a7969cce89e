import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The part of `docs/capacity.md` that the simulator writes. */

const PAGE = fileURLToPath(new URL("../../docs/capacity.md", import.meta.url));
const PICTURE = fileURLToPath(new URL("../../docs/capacity.svg", import.meta.url));
const BEGIN = "<!-- what follows is written by `npm run capacity -- --write` -->\n";
const END = "\n<!-- up to here -->";

export function pageNow(): string {
  return readFileSync(PAGE, "utf8");
}

/** @throws Error when the page has no place for it */
export function withTables(page: string, tables: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for the tables`);
  return `${page.slice(0, from)}${BEGIN}\n${tables}\n${page.slice(to)}`;
}

export function write(page: string, picture: string): void {
  writeFileSync(PAGE, page);
  writeFileSync(PICTURE, picture);
}
