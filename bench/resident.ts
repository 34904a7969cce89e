import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const SAMPLE_MS = 100;

export type Resident = { readonly baseBytes: number; readonly grownBytes: number };

/** The most that is resident of processes from now on, above what is now; in bytes. */
export function watchResident(pids: readonly number[]) {
  const baseBytes = residentBytes(pids);
  let most = baseBytes;
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pids));
  }, SAMPLE_MS);
  return {
    stop(): Resident {
      clearInterval(timer);
      return { baseBytes, grownBytes: Math.max(most, residentBytes(pids)) - baseBytes };
    },
  };
}

/** Resident memory of other processes: /proc on Linux, `ps` elsewhere. */
function residentBytes(pids: readonly number[]): number {
  const of = process.platform === "linux" ? fromProc : fromPs;
  return pids.reduce((sum, pid) => sum + of(pid), 0) * 1024;
}

function fromProc(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

function fromPs(pid: number): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" }));
}
