import { existsSync, type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import { ROOT } from "#scripts/local/data-folder.ts";
import type { Part } from "#scripts/local/parts.ts";

/** Editors write a file in several steps; what comes within this time is one change. */
const SETTLE_MS = 120;
const SOURCE = /\.(?:ts|json|sql|toml)$/;

/**
 * Watches folders and files of the working tree.
 * @param onChange gets the paths that changed, relative to the root; never called again before what
 *   it returned has settled
 */
export function watchSources(
  targets: readonly string[],
  onChange: (paths: readonly string[]) => Promise<void>,
): Part {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;

  function flush(): void {
    if (running !== null || changed.size === 0) return;
    const paths = [...changed];
    changed.clear();
    running = onChange(paths).finally(() => {
      running = null;
      flush();
    });
  }

  function note(path: string): void {
    if (!SOURCE.test(path)) return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(flush, SETTLE_MS);
  }

  const watchers = targets
    .filter((target) => existsSync(join(ROOT, target)))
    .map((target): FSWatcher => {
      const isFile = SOURCE.test(target);
      return watch(join(ROOT, target), { recursive: !isFile }, (_, name) =>
        note(isFile || name === null ? target : join(target, name)),
      );
    });
  return {
    stop: async () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
      changed.clear();
      await running;
    },
  };
}
