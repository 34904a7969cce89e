import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Log } from "./call.ts";
import { CannotStart } from "./cannot-start.ts";
import { describeError } from "./log.ts";

/** What an error tracker is told of a request that failed for a reason that nobody expected. */
export type ErrorReport = {
  /** Its message, its stack and, from the database, its SQLSTATE; no statement, no parameter, no body. */
  readonly error: Error;
  readonly requestId: string;
  /** Null when nobody has named a trace. */
  readonly traceId: string | null;
  /** Its id in the contract; null when there is no such route. */
  readonly operation: string | null;
  readonly method: string;
  /** Of the answer: 500 and above. */
  readonly status: number;
};

export type FailedRequest = Omit<ErrorReport, "error"> & { readonly error: unknown };

export type ErrorHook = {
  /** Tells of a failure. Returns at once, and throws nothing. */
  readonly report: (failed: FailedRequest) => void;
  /** Waits, as long as it may take, for what is being told. */
  readonly stop: () => Promise<void>;
};

type Module = {
  readonly onError: (report: ErrorReport) => unknown;
  readonly close: () => unknown;
};

/** Reports that may be under way; of a hook that hangs, nobody keeps more. */
const MAX_RUNNING = 100;
const LAST_MS = 1_000;

/**
 * Loads the module that `ERROR_HOOK` names: it exports `onError(report)`, and `close()` if it has something to send
 * at the end (docs/observability.md).
 * @param path from the working folder
 * @throws CannotStart when it is not one
 */
export async function loadErrorHook(path: string, log: Pick<Log, "warn">): Promise<ErrorHook> {
  const hook = await load(path);
  const running = new Set<Promise<void>>();

  async function tell(failed: FailedRequest): Promise<void> {
    try {
      await hook.onError({ ...failed, error: withoutData(failed.error) });
    } catch (err) {
      log.warn({ err }, "the error hook failed");
    }
  }

  return {
    report(failed) {
      if (running.size >= MAX_RUNNING) return;
      const told = tell(failed);
      running.add(told);
      void told.then(() => running.delete(told));
    },
    async stop() {
      const tooLate = new AbortController();
      const told = Promise.all(running).then(() => hook.close());
      const failed = (err: unknown) => log.warn({ err }, "the error hook failed");
      await Promise.race([told.catch(failed), setTimeout(LAST_MS, null, tooLate).catch(() => null)]);
      tooLate.abort();
    },
  };
}

async function load(path: string): Promise<Module> {
  const url = pathToFileURL(resolve(path)).href;
  const module: Record<string, unknown> = await import(url).catch((cause: unknown) => {
    throw new CannotStart(`ERROR_HOOK names ${path}, which cannot be loaded: ${String(cause)}`, { cause });
  });
  const { onError, close = () => undefined } = module;
  if (!isFunction(onError) || !isFunction(close)) {
    throw new CannotStart(`ERROR_HOOK names ${path}, which does not export a function onError.`);
  }
  return { onError, close };
}

function isFunction(value: unknown): value is (...given: unknown[]) => unknown {
  return typeof value === "function";
}

/** An error as the log tells it: what others have attached to it may be people's data. */
function withoutData(error: unknown): Error {
  const { type, message, stack, ...database } = describeError(error);
  const told = Object.assign(new Error(message), database);
  told.name = type;
  told.stack = stack ?? "";
  return told;
}
