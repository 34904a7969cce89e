import { endSession, findSession, writeSession } from "#scripts/local/data-folder.ts";
import { Parts } from "#scripts/local/parts.ts";
import { LOOPBACK } from "#scripts/local/ports.ts";
import { explain, StartError } from "#scripts/local/start-error.ts";
import type { DevOptions } from "./options.ts";
import { Output } from "./output.ts";
import { reloadOnChange } from "./reload.ts";
import { resetData } from "./reset.ts";
import { seed } from "./seed.ts";
import { startSystem } from "./start.ts";
import { welcome } from "./welcome.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Starts the system, keeps it running until a signal, stops it.
 * @returns the exit code: 0 after a signal, 1 when a part failed
 */
export async function run(options: DevOptions): Promise<number> {
  const output = new Output(process.stdout);
  const ending = new AbortController();
  let loss: string | null = null;
  for (const signal of SIGNALS) process.on(signal, () => ending.abort());
  const onLoss = (what: string) => {
    if (ending.signal.aborted) return;
    loss = `${what} ended unexpectedly; everything else is stopped.`;
    ending.abort();
  };

  claim(options);
  const parts = new Parts();
  try {
    await start(options, { output, parts, signal: ending.signal, onLoss });
    await aborted(ending.signal);
  } catch (error) {
    if (!ending.signal.aborted) loss = explain(error);
    ending.abort();
  }
  output.say("\n  Stopping");
  await parts.stop();
  endSession(options.folder);
  if (loss === null) return 0;
  console.error(`\n${loss}`);
  return 1;
}

/** @throws StartError when another run has this data folder */
function claim({ folder, ports, reset }: DevOptions): void {
  const session = findSession(folder);
  if (session !== null) {
    throw new StartError(
      `\`npm run dev\` already runs (process ${session.pid}, ${session.edgeUrl}): use that one or stop it, ` +
        "or start a second one with another --port-base and another GATEHOUSE_DATA_DIR.",
    );
  }
  if (reset) resetData(folder);
  writeSession(folder, { pid: process.pid, edgeUrl: `http://${LOOPBACK}:${ports.edge}`, ownerUrl: null });
}

type Context = Omit<Parameters<typeof startSystem>[0], "options">;

async function start(options: DevOptions, context: Context): Promise<void> {
  const { output, parts } = context;
  const startedAt = performance.now();
  const system = await startSystem({ options, ...context });
  const seeded = await output.step(
    "Sample data",
    () => seed(system),
    ({ summary }) => summary,
  );
  await parts.add(Promise.resolve(reloadOnChange({ output, ...system })));
  output.say(`  Ready in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  output.say(welcome({ edgeUrl: system.edge.url, ...seeded }));
  output.showLogs();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}
