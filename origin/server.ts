import { EnvironmentError } from "#shared/environment.ts";
import { CannotStart } from "./cannot-start.ts";
import { type RunningOrigin, startOrigin } from "./start.ts";

/** The origin as a process: `node origin/server.ts`. */

/** Ends the process as one that has failed, and says why. */
function exitFor(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}

try {
  let origin: RunningOrigin | null = null;
  let stopping = false;
  // From the first moment: the first process of a container ignores a signal that it has no handler for.
  const stop = async (): Promise<void> => {
    // What is only starting has promised nobody anything.
    if (origin === null) process.exit(0);
    if (stopping) return;
    stopping = true;
    const { graceMs } = origin;
    setTimeout(exitFor, graceMs, `The stop did not end within ${graceMs / 1000} s.`).unref();
    const { cut } = await origin.stop();
    if (cut > 0) exitFor(`Requests that the stop cut off, since they did not end within its grace: ${cut}.`);
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  origin = await startOrigin(process.env);
} catch (error) {
  // What an operator can put right is one sentence; anything else needs its stack.
  const known = error instanceof EnvironmentError || error instanceof CannotStart;
  exitFor(known || !(error instanceof Error) ? String(error) : String(error.stack));
}
