import type { Keyspace } from "../keyspace.ts";
import { OK, Status } from "../reply.ts";
import type { CommandTable } from "./definition.ts";

function flush(keys: Keyspace): Status {
  keys.clear();
  return OK;
}

export const server: CommandTable = {
  PING: { min: 0, max: 1, run: (_, [message]) => message ?? new Status("PONG") },
  ECHO: { min: 1, max: 1, run: (_, [message = ""]) => message },
  /** Seconds and microseconds of the server's clock. */
  TIME: {
    min: 0,
    max: 0,
    run: ({ now }) => [String(Math.floor(now / 1000)), String(Math.floor((now % 1000) * 1000))],
  },
  DBSIZE: { min: 0, max: 0, run: (keys) => keys.keys().length },
  FLUSHALL: { min: 0, max: 1, run: flush },
  FLUSHDB: { min: 0, max: 1, run: flush },
};
