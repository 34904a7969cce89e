import { execFile } from "node:child_process";
import { promisify } from "node:util";

const FLAGS = [
  "--max-semi-space-size=8",
  "--expose-gc",
  "--trace-gc",
  "--trace-gc-nvp",
  "--input-type=module",
];
/** Modules grow old while they are loaded. */
const SETTLING_MS = 50;

/**
 * Runs a module, and finds out which part of what it allocated grew old.
 * @param source tells on standard error when it has loaded, in milliseconds since its start
 */
export async function promotion(
  source: string,
  args: readonly string[] = [],
): Promise<{ allocatedBytes: number; promotedShare: number }> {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...FLAGS, "--eval", source, "--", ...args],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const collections = [...stdout.matchAll(/ (\d+) ms: .* allocated=(\d+) promoted=(\d+) /g)]
    .map(([, ...figures]) => figures.map(Number))
    .filter(([at = 0]) => at > Number(stderr) + SETTLING_MS);
  const sum = (column: number) => collections.reduce((total, figures) => total + (figures[column] ?? 0), 0);
  return { allocatedBytes: sum(1), promotedShare: sum(2) / sum(1) };
}
