import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import { databaseErrorOf } from "./db/errors.ts";

/** Names whose values never appear in a line, wherever an object that holds them is logged. */
const SECRETS = [
  "authorization",
  "cookie",
  "gatehouse-assertion",
  "client_secret",
  "access_token",
  "secret",
  "password",
].flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.headers["${name}"]`]);

/** @param destination default: standard output, written asynchronously */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS, censor: "[redacted]" },
      serializers: { err: describeError },
    },
    destination ?? pino.destination({ dest: 1, sync: false }),
  );
}

/**
 * An error as it is logged. Drizzle's says the query with its parameters, which are people's data; the
 * driver's error below it says what went wrong.
 */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const database = databaseErrorOf(error);
  const telling = database !== null && error.cause instanceof Error ? error.cause : error;
  const { type, message, stack } = stdSerializers.err(telling);
  return { type, message, stack, ...(database !== null && database) };
}
