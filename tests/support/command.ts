import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export type Finished = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** A script of the repository as a process of its own. */
export class Command {
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  stdout = "";
  stderr = "";

  constructor(script: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
    // What the machine happens to have set must not decide a test.
    const { DATABASE_URL, REDIS_URL, UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, ...env } = process.env;
    this.#child = spawn(process.execPath, [script, ...args], {
      cwd: ROOT,
      env: { ...env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#finished = once(this.#child, "close").then(([code]: (number | null)[]) => ({
      code: code ?? null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** Resolves when it has ended and all it wrote has been read. */
  finished(): Promise<Finished> {
    return this.#finished;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /**
   * Waits until it has written `text`.
   * @throws Error with its output when it ends before
   */
  async says(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      const more = this.#child.stdout === null ? null : once(this.#child.stdout, "data");
      const ended = this.#finished.then(({ stdout, stderr }) => {
        if (stdout.includes(text)) return;
        throw new Error(`it ended without saying "${text}":\n${stdout}\n${stderr}`);
      });
      await Promise.race([more, ended]);
    }
  }
}
