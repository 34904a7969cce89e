import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import postgres from "postgres";
import { freePort, LOOPBACK, requirePort } from "./ports.ts";
import { type Account, accountFor, findBinaries } from "./postgres-binaries.ts";
import { clearStaleLock } from "./postgres-lock.ts";
import { StartError } from "./start-error.ts";
import { type Tethered, tether } from "./tether.ts";

/** The owner of the database and of everything the migrations make. */
const OWNER = "gatehouse_owner";
export const DATABASE = "gatehouse";

export type Postgres = {
  readonly port: number;
  /** As the owner, who may change the schema: for migrations and for setting up tests. */
  readonly ownerUrl: string;
  /** Settles when the server has ended, however that came about. */
  readonly exited: Promise<number>;
  readonly stop: () => Promise<void>;
};

export type PostgresOptions = {
  /** Keeps the data there between runs. Without it, a temporary cluster that `stop` removes. */
  readonly folder?: string;
  /** Default: one that is free. */
  readonly port?: number;
};

/** What a cluster that nobody will miss can do without. */
const HASTE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];
const SETTINGS = ["unix_socket_directories=", "timezone=UTC", "log_timezone=UTC", "lc_messages=C"];

/**
 * Starts a PostgreSQL server of its own on the loopback interface, with an empty database
 * `gatehouse` at first; resolves when it takes connections (about a second).
 * @throws StartError when the port is taken, or with the server's own last words
 */
export async function startPostgres({ folder, port }: PostgresOptions = {}): Promise<Postgres> {
  if (port !== undefined) await requirePort(port, "Postgres");
  const home = folder ?? mkdtempSync(join(tmpdir(), "gatehouse-postgres-"));
  const dataDir = join(home, "data");
  const account = accountFor(dataDir);
  const bin = findBinaries(account);
  const password = await initialise(home, dataDir, bin, account);
  await clearStaleLock(dataDir);

  const settings = folder === undefined ? [...SETTINGS, ...HASTE] : SETTINGS;
  const chosen = port ?? (await freePort());
  const server = tether(join(bin, "postgres"), serverArguments(dataDir, chosen, settings), {
    ...account,
    cwd: dataDir,
    signal: "INT",
  });
  try {
    await ready(server);
  } catch (error) {
    await server.stop();
    if (folder === undefined) rmSync(home, { recursive: true, force: true });
    throw error;
  }
  const ownerUrl = `postgres://${OWNER}:${password}@${LOOPBACK}:${chosen}/${DATABASE}`;
  await createDatabase(ownerUrl);
  return {
    port: chosen,
    ownerUrl,
    exited: server.exited,
    stop: async () => {
      await server.stop();
      if (folder === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Makes the cluster unless it is there, and answers the owner's password. */
async function initialise(home: string, dataDir: string, bin: string, account: Account): Promise<string> {
  const passwordFile = join(home, "owner-password");
  if (existsSync(join(dataDir, "PG_VERSION")) && existsSync(passwordFile)) {
    return readFileSync(passwordFile, "utf8");
  }
  // What an interrupted first start left behind.
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const password = randomBytes(18).toString("base64url");
  const handover = mkdtempSync(join(tmpdir(), "gatehouse-initdb-"));
  const handoverFile = join(handover, "password");
  writeFileSync(handoverFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    for (const path of [dataDir, handover, handoverFile]) chownSync(path, account.uid, account.gid);
  }
  // Tethered, so that a Ctrl-C in the terminal does not end it half-way through its SQL.
  const initdb = tether(
    join(bin, "initdb"),
    [
      ...["--pgdata", pathFromWithin(dataDir), "--pwfile", handoverFile, "--username", OWNER],
      ...["--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync", "--no-instructions"],
      // The same order and case rules on every machine, whatever locales it has.
      ...["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
    ],
    { ...account, cwd: dataDir },
  );
  initdb.output[0].resume();
  const [said, code] = await Promise.all([text(initdb.output[1]), initdb.exited]);
  rmSync(handover, { recursive: true });
  if (code !== 0) throw new StartError(`initdb failed: ${said.trim()}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  return password;
}

function serverArguments(dataDir: string, port: number, settings: readonly string[]): string[] {
  const listening = ["-D", pathFromWithin(dataDir), "-p", String(port), "-h", LOOPBACK];
  return [...listening, ...settings.flatMap((setting) => ["-c", setting])];
}

/**
 * How a process that was started inside `folder` names it. Root may have the working tree where
 * Postgres's account cannot walk to it (/root); Linux has a name that needs no walk.
 */
function pathFromWithin(folder: string): string {
  return process.platform === "linux" ? "/proc/self/cwd" : folder;
}

async function ready(server: Tethered): Promise<void> {
  const lastWords: string[] = [];
  const told = new Promise<void>((resolve) => {
    createInterface({ input: server.output[1] }).on("line", (line) => {
      lastWords.push(line);
      if (lastWords.length > 10) lastWords.shift();
      if (line.includes("ready to accept connections")) resolve();
    });
  });
  server.output[0].resume();
  const ended = server.exited.then(() => {
    const fatal = lastWords.findLast((line) => /FATAL|ERROR|PANIC/.test(line)) ?? lastWords.at(-1);
    throw new StartError(`Postgres did not start: ${fatal ?? "it said nothing"}`);
  });
  await Promise.race([told, ended]);
  ended.catch(() => undefined);
}

async function createDatabase(ownerUrl: string): Promise<void> {
  const maintenanceUrl = new URL(ownerUrl);
  maintenanceUrl.pathname = "/postgres";
  const sql = postgres(maintenanceUrl.href, { max: 1, onnotice: () => undefined });
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (found.length === 0) await sql`create database ${sql(DATABASE)}`;
  } finally {
    await sql.end();
  }
}
