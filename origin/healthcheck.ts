/** `node origin/healthcheck.ts`: ends with 0 when the origin of this machine is ready. For container engines. */

const PATIENCE_MS = 4_000;
/** As origin/config.ts has it. */
const port = process.env["OPS_PORT"] || "8789";

try {
  const { ok } = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
