import { once } from "node:events";
import type { FromParts } from "./parts-process.ts";
import { receive, start } from "./process.ts";

export type RunningParts<S> = { readonly stack: S; readonly stop: () => Promise<void> };

/** Starts real parts in a process of their own (`parts-process.ts`); takes some ten seconds. */
export async function startParts<S>(file: string): Promise<RunningParts<S>> {
  const child = start(file, []);
  const stack = await receive(child, (message: FromParts<S>) => message.stack);
  return {
    stack,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}
