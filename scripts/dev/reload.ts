import { migrate } from "#origin/db/migrate.ts";
import { bundleEdge, type RunningEdge } from "#scripts/local/edge.ts";
import type { Part } from "#scripts/local/parts.ts";
import { explain } from "#scripts/local/start-error.ts";
import type { OriginProcess } from "./origin-process.ts";
import { type Output, seconds } from "./output.ts";
import { watchSources } from "./watch.ts";

type Reloadable = {
  readonly output: Output;
  readonly origin: OriginProcess;
  readonly edge: RunningEdge;
  readonly ownerUrl: string;
};

const FOLDERS = ["edge", "origin", "shared", "migrations", "wrangler.toml"];

/** Puts the running system on the source as it is, whenever that changes; errors are said, not fatal. */
export function reloadOnChange({ output, origin, edge, ownerUrl }: Reloadable): Part {
  async function attempt(what: string, done: string, run: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    try {
      await run();
      output.say(`  ${`${what} ${done}`.padEnd(26)}${seconds(performance.now() - startedAt)}`);
    } catch (error) {
      const orReset = what === "migrations" ? ", or start afresh with `npm run dev -- --reset`" : "";
      output.say(`  ${what} not ${done}; fix it and save again${orReset}.\n${explain(error)}`);
    }
  }

  return watchSources(FOLDERS, async (paths) => {
    const touches = (...folders: string[]) =>
      paths.some((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)));
    output.say(`\n  ${paths.join(", ")} changed`);
    if (touches("migrations")) {
      await attempt("migrations", "applied", async () => {
        await migrate(ownerUrl);
      });
    }
    if (touches("origin", "shared", "migrations")) await attempt("origin", "restarted", origin.restart);
    if (touches("edge", "shared", "wrangler.toml")) {
      await attempt("edge", "reloaded", async () => edge.reload(await bundleEdge()));
    }
  });
}
