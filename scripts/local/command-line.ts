import { type ParseArgsConfig, parseArgs } from "node:util";

/**
 * The arguments of a command that has no more to it than a few options. Ends the process with `usage`
 * when help was asked for (0), or when they cannot be meant (2).
 */
export function readCommandLine<const T extends ParseArgsConfig>(
  usage: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  if (process.argv.slice(2).some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), usage);
  }
}

export function refuse(what: string, usage: string): never {
  console.error(`${what}\n\n${usage}`);
  process.exit(2);
}
