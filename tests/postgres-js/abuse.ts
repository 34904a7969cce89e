import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What the victim process found; every count but the first three must be 0. */
export type AbuseReport = {
  killed: number;
  transactions: number;
  committed: number;
  /** Rows written inside another transaction than the one they belong to, or outside of any. */
  misplaced: number;
  /** Transactions of which some statements took effect and others did not. */
  torn: number;
  /** Transactions that were reported as committed and are not there. */
  lost: number;
  /** Queries that were given the answer of another one. */
  wrongAnswers: number;
  /** What never ended: `workers`, or `pool` when not every connection was usable afterwards. */
  stuck: string[];
};

const CHILD = fileURLToPath(new URL("./abuse-child.ts", import.meta.url));

export type AbuseOutcome =
  | { readonly kind: "ended"; readonly report: AbuseReport }
  | { readonly kind: "crashed"; readonly stderr: string };

/**
 * Kills the connections of a pool under load in a process of its own.
 *
 * @param driver the module to abuse: a package name or a file URL
 * @param tolerant keeps the process alive on uncaught exceptions, to see what they hide
 */
export async function abuse(
  driver: string,
  databaseUrl: string,
  seconds: number,
  { tolerant = false } = {},
): Promise<AbuseOutcome> {
  const survive = "process.on('uncaughtException', () => {})";
  const flags = tolerant ? ["--import", `data:text/javascript,${encodeURIComponent(survive)}`] : [];
  const child = spawn(process.execPath, [...flags, CHILD, driver, databaseUrl, String(seconds)]);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const [code]: (number | null)[] = await once(child, "close");
  if (code !== 0) return { kind: "crashed", stderr };
  const report: AbuseReport = JSON.parse(stdout);
  return { kind: "ended", report };
}
