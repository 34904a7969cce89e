import { EnvironmentError } from "#shared/environment.ts";
import { CannotStart } from "./cannot-start.ts";
import { startOrigin } from "./start.ts";

/** The origin as a process: `node origin/server.ts`. */

/** Longer than all of a stop's own deadlines: something hangs, and the platform would kill us anyway. */
const EXIT_DEADLINE_MS = 25_000;

try {
  const origin = await startOrigin(process.env);
  let stopping = false;

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), EXIT_DEADLINE_MS).unref();
    await origin.stop();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  // What an operator can put right is one sentence; anything else needs its stack.
  const known = error instanceof EnvironmentError || error instanceof CannotStart;
  process.stderr.write(`${known || !(error instanceof Error) ? String(error) : error.stack}\n`);
  process.exit(1);
}
