import { type ParseArgsConfig, parseArgs } from "node:util";
import { explain, StartError } from "./start-error.ts";

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>;

/**
 * Arguments as `node:util` reads them. Null: help was asked for.
 * @throws StartError that ends with `usage` when they cannot be meant
 */
export function parseArguments<const T extends ParseArgsConfig>(
  args: readonly string[],
  usage: string,
  config: T,
): Parsed<T> | null {
  if (args.some((argument) => argument === "--help" || argument === "-h")) return null;
  try {
    return parseArgs<T>({ ...config, args: [...args] });
  } catch (error) {
    throw misused(error instanceof Error ? error.message : String(error), usage);
  }
}

/** That a command cannot be meant so: what is wrong, and how it is used. */
export function misused(what: string, usage: string): StartError {
  return new StartError(`${what}\n\n${usage}`);
}

/**
 * The main of a command whose arguments are read by a function of its own. Prints `usage` when help was asked
 * for (null), and why it could not be done in a sentence; the process ends with what `act` returned, or 1.
 */
export async function runMain<W>(
  usage: string,
  read: (args: readonly string[]) => W | null,
  act: (wanted: W) => Promise<number> | number,
): Promise<void> {
  try {
    const wanted = read(process.argv.slice(2));
    if (wanted === null) console.log(usage);
    else process.exitCode = await act(wanted);
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}

/**
 * The arguments of a command that has no more to it than a few options. Ends the process with `usage`
 * when help was asked for (0), or when they cannot be meant (2).
 */
export function readCommandLine<const T extends ParseArgsConfig>(usage: string, config: T): Parsed<T> {
  try {
    const parsed = parseArguments(process.argv.slice(2), usage, config);
    if (parsed !== null) return parsed;
  } catch (error) {
    console.error(explain(error));
    process.exit(2);
  }
  console.log(usage);
  process.exit(0);
}

/** Ends the process with 2: what is wrong, and how the command is used. */
export function refuse(what: string, usage: string): never {
  console.error(misused(what, usage).message);
  process.exit(2);
}
