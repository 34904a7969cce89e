import { type DestinationStream, type Logger, pino, stdSerializers } from "pino";
import { type DatabaseError, databaseErrorOf } from "./db/errors.ts";
import { logDestination } from "./log-destination.ts";
import { isFlat, withoutSecrets } from "./redact.ts";

/** @param destination default: standard output */
export function createLogger(level: string, destination: DestinationStream = logDestination(1)): Logger {
  const timestamp = isoTime();
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp,
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      serializers: { err: describeError },
      hooks: {
        logMethod(args, method, number) {
          const [details, message, ...more] = args as unknown[];
          const isOne = this === logger && typeof message === "string" && more.length === 0;
          if (!isOne || !isFlat(details)) return method.apply(this, args);
          destination.write(lineOf(pino.levels.labels[number], timestamp(), details, message));
        },
      },
    },
    destination,
  );
  return logger;
}

/**
 * The line that pino makes of plain values, such as each request's. It makes it of dozens of pieces, which costs a read
 * a twelfth of all that it allocates.
 */
function lineOf(level: string | undefined, time: string, details: object, message: string): string {
  const members = JSON.stringify(details).slice(1, -1);
  const some = members === "" ? "" : `,${members}`;
  return `{"level":${JSON.stringify(level)}${time}${some},"msg":${JSON.stringify(message)}}\n`;
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
