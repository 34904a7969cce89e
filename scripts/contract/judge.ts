import type { Declared } from "./files.ts";

/** What is wrong with a contract's changes and what is said of them; one line each. */
export function faultsOf(changes: readonly string[], declared: readonly Declared[]): string[] {
  const meant = new Set(declared.map(({ change }) => change));
  const made = new Set(changes);
  return [
    ...changes.filter((change) => !meant.has(change)).map((change) => `breaks clients: ${change}`),
    ...declared
      .filter(({ change }) => !made.has(change))
      .map(({ change }) => `declared, but not made: ${change}`),
    ...declared
      .filter(({ reason }) => reason.trim() === "")
      .map(({ change }) => `declared without a reason: ${change}`),
  ];
}
