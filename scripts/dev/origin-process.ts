import { createInterface } from "node:readline";
import { originFlags } from "#scripts/local/start-command.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { type Tethered, tether } from "#scripts/local/tether.ts";

export type OriginProcess = {
  /** Ends the running origin in good order and starts it anew, from the source as it is now. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type OriginOptions = {
  readonly variables: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  /** Called when it ended by itself, once it had started. */
  readonly onCrash: (code: number) => void;
};

/** Longer than the origin's own deadline for running requests. */
const STOP_PATIENCE_MS = 20_000;
const LISTENING = /"msg":"listening"/;
const REMEMBERED_LINES = 20;

/**
 * Runs `origin/server.ts` as a child; resolves when it listens.
 * @throws StartError with what it said when it ends instead
 */
export async function startOriginProcess(options: OriginOptions): Promise<OriginProcess> {
  let current = await start(options);

  return {
    restart: async () => {
      await current.stop(STOP_PATIENCE_MS);
      current = await start(options);
    },
    stop: () => current.stop(STOP_PATIENCE_MS),
  };
}

async function start({ variables, onLine, onCrash }: OriginOptions): Promise<Tethered> {
  const env = { ...process.env, ...variables };
  const child = tether(process.execPath, [...originFlags(), "origin/server.ts"], { env });
  const lines: string[] = [];
  let isStopping = false;
  const listening = new Promise<"listening">((resolve) => {
    for (const input of child.output) {
      createInterface({ input }).on("line", (line) => {
        if (lines.push(line) > REMEMBERED_LINES) lines.shift();
        if (LISTENING.test(line)) resolve("listening");
        onLine(line);
      });
    }
  });
  const outcome = await Promise.race([listening, child.exited]);
  if (outcome !== "listening") throw new StartError(`The origin did not start:\n${lines.join("\n")}`);

  void child.exited.then((code) => {
    if (!isStopping) onCrash(code);
  });
  return {
    ...child,
    stop: (patienceMs) => {
      isStopping = true;
      return child.stop(patienceMs);
    },
  };
}
