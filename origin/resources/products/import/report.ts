import type { ProductImportReport } from "#shared/resources/product-import.ts";
import type { LineFault } from "./parse-line.ts";

const MAX_ERRORS = 1_000;

/** Counts what becomes of the lines. */
export type Report = {
  readonly stored: (created: number, updated: number) => void;
  /** One line, for one or more reasons. */
  readonly refused: (faults: readonly LineFault[]) => void;
  readonly result: () => ProductImportReport;
};

export function createReport(): Report {
  let [created, updated, failed] = [0, 0, 0];
  const errors: LineFault[] = [];
  return {
    stored(newlyCreated, newlyUpdated) {
      created += newlyCreated;
      updated += newlyUpdated;
    },
    refused(faults) {
      failed++;
      errors.push(...faults.slice(0, MAX_ERRORS - errors.length));
    },
    result: () => ({
      received: created + updated + failed,
      created,
      updated,
      failed,
      // A line that the database refuses is found after later ones that cannot be read.
      errors: errors.toSorted((a, b) => a.line - b.line),
    }),
  };
}
