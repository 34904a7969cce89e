import { prettyFactory } from "pino-pretty";

const SAID_OTHERWISE =
  "stage,method,operation,status,outcome,latency_ms,trace_id,correlation_id,tenant_id,client_id";

/** What `npm run dev` says: its own steps and remarks, then the two tiers' log lines. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #pretty: (line: string) => string;
  #logging = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#pretty = prettyFactory({
      colorize: stream.isTTY,
      ignore: SAID_OTHERWISE,
      translateTime: "SYS:HH:MM:ss",
      singleLine: true,
      messageFormat: (line, messageKey) =>
        typeof line["status"] === "number"
          ? `${line["stage"]} ${line["method"]} ${line["operation"] ?? "-"} ${line["status"]} ${line["outcome"]} ${line["latency_ms"]} ms`
          : `${line["stage"] ?? "origin"} ${line[messageKey] ?? ""}`,
    });
    // Whoever read our output has gone; there is still everything to stop.
    stream.on("error", () => undefined);
  }

  /** Runs one step of the start and says how long it took, and what came of it. */
  async step<T>(name: string, run: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    const startedAt = performance.now();
    this.#stream.write(`  ${name.padEnd(12)}`);
    try {
      const result = await run();
      this.#stream.write(`${seconds(performance.now() - startedAt)}  ${describe(result)}\n`);
      return result;
    } catch (error) {
      this.#stream.write("failed\n");
      throw error;
    }
  }

  say(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** From now on log lines are shown; before, they would come between the steps. */
  showLogs(): void {
    this.#logging = true;
  }

  /** A line of JSON from either tier, or whatever else it wrote. */
  log(line: string): void {
    if (!this.#logging || line.trim() === "") return;
    // Not every line of the edge carries a time: on Cloudflare the platform adds it.
    const timed = line.includes('"time":') ? line : line.replace("{", `{"time":${Date.now()},`);
    this.#stream.write(line.startsWith("{") ? this.#pretty(timed) : `${line}\n`);
  }
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`.padStart(6);
}
