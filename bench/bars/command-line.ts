import { refuse } from "#scripts/local/command-line.ts";
import type { PartOf } from "./part.ts";

/** What the command lines of benchmarks have in common; what cannot be meant ends the process with the usage. */

/** The parts that a command line names, all when it names none. */
export function partsNamed<C>(
  parts: readonly PartOf<C>[],
  names: readonly string[],
  usage: string,
): readonly PartOf<C>[] {
  requireKnown(
    "part",
    names,
    parts.map(({ name }) => name),
    usage,
  );
  return names.length > 0 ? parts.filter(({ name }) => names.includes(name)) : parts;
}

/** @param kind of what is named, in a word */
export function requireKnown(
  kind: string,
  names: readonly string[],
  known: readonly string[],
  usage: string,
): void {
  const strange = names.find((name) => !known.includes(name));
  if (strange === undefined) return;
  refuse(`There is no ${kind} "${strange}"; there are: ${known.join(", ")}.`, usage);
}

/** The value of an option that takes a whole number from 1 on. */
export function countOf(option: string, text: string, usage: string): number {
  const count = Number(text);
  return Number.isSafeInteger(count) && count > 0
    ? count
    : refuse(`--${option} takes a whole number from 1 on.`, usage);
}
