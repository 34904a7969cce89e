import postgres from "postgres";
import { StartError } from "#scripts/local/start-error.ts";

const CONNECT_TIMEOUT_SECONDS = 5;

/**
 * Checks that a database which already runs can be used.
 * @returns its URL
 * @throws StartError when it cannot be reached, without its password
 */
export async function reachDatabase(url: string): Promise<string> {
  if (!URL.canParse(url))
    throw new StartError("DATABASE_URL is not a URL: postgres://user:password@host/name.");
  const sql = postgres(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_SECONDS, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return url;
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new StartError(
      `DATABASE_URL (${new URL(url).host}) cannot be used: ${reason}. ` +
        "Start that server, or unset DATABASE_URL to have one started here.",
    );
  } finally {
    await sql.end();
  }
}
