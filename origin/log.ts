import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import { type DatabaseError, databaseErrorOf } from "./db/errors.ts";
import { logDestination } from "./log-destination.ts";
import { withoutSecrets } from "./redact.ts";

/** @param destination default: standard output */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: isoTime(),
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      serializers: { err: describeError },
    },
    destination ?? logDestination(1),
  );
}

/** As pino's own, but for what many lines of one millisecond share. */
function isoTime(): () => string {
  let formattedAt = 0;
  let formatted = "";
  return function isoTime() {
    const now = Date.now();
    if (now !== formattedAt) {
      formattedAt = now;
      formatted = `,"time":"${new Date(now).toISOString()}"`;
    }
    return formatted;
  };
}

/** What is told of an error; a database's has more. */
type Described = Partial<DatabaseError> & {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
};

/**
 * An error as it is logged. Drizzle's says the query with its parameters, which are people's data; the
 * driver's error below it says what went wrong.
 */
export function describeError(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  const database = databaseErrorOf(error);
  const telling = database !== null && error.cause instanceof Error ? error.cause : error;
  const { type, message, stack } = stdSerializers.err(telling);
  return { type, message, stack, ...(database !== null && database) };
}
