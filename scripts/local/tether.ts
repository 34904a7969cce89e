import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

/**
 * A child process that cannot outlive this one. A shell holds the other end of its own standard
 * input: when that closes, because `stop` closed it or because this process died in whatever way,
 * the shell signals the program, and kills it if it does not end. The program gets a session of its own, so that a Ctrl-C in the
 * terminal reaches only this process, which then stops its parts in order.
 */
const TETHER = `
exec 3<&0 </dev/null
signal=$1; patience=$2; shift 2
"$@" 3<&- &
program=$!
(
  cat <&3
  kill -s "$signal" "$program"
  while [ "$patience" -gt 0 ] && kill -s 0 "$program"; do sleep 1; patience=$((patience - 1)); done
  [ "$patience" -gt 0 ] || kill -s KILL "$program"
) >/dev/null 2>&1 &
wait "$program"
`;

export type Tethered = {
  /** Standard output and standard error. */
  readonly output: readonly [Readable, Readable];
  /** Settles when the program has ended, with its exit code (128 + n for signal n). */
  readonly exited: Promise<number>;
  /** Asks the program to end and waits; after `patienceMs` (default 10,000) it is killed. */
  readonly stop: (patienceMs?: number) => Promise<void>;
};

export type TetherOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** What asks this program to end in good order; SIGTERM unless said otherwise. */
  readonly signal?: "INT" | "TERM";
  /** How long the program may take to end when this process has died; 30 s unless said otherwise. */
  readonly orphanSeconds?: number;
};

const ORPHAN_SECONDS = 30;

/** Starts `program`; whether it works out is for the caller to see from its output or exit. */
export function tether(
  program: string,
  args: readonly string[],
  { signal = "TERM", orphanSeconds = ORPHAN_SECONDS, ...options }: TetherOptions = {},
): Tethered {
  const shell = spawn("/bin/sh", ["-c", TETHER, "sh", signal, String(orphanSeconds), program, ...args], {
    ...options,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const exited = once(shell, "exit").then(([code]: (number | null)[]) => code ?? 1);
  shell.stdin.on("error", () => undefined);
  void exited.then(() => shell.stdin.destroy());
  return {
    output: [shell.stdout, shell.stderr],
    exited,
    stop: async (patienceMs = 10_000) => {
      shell.stdin.end();
      const timer = setTimeout(() => killGroup(shell), patienceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group has just ended by itself.
  }
}
