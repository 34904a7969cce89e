import postgres from "postgres";

/** The role with the runtime's rights; the migrations make it (no login, no DDL, RLS applies). */
const RUNTIME_ROLE = "gatehouse_app";

export type Login = { readonly user: string; readonly password: string };

/**
 * Makes a login that is a member of `gatehouse_app`, or gives the existing one this password.
 * Call it after the migrations.
 * @param ownerUrl of a role that may create roles
 * @returns the URL that the origin connects with
 */
export async function createRuntimeLogin(ownerUrl: string, { user, password }: Login): Promise<string> {
  const sql = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    const found = await sql`select 1 from pg_roles where rolname = ${user}`;
    const verb = found.length === 0 ? "create" : "alter";
    // Utility statements take no parameters, so the server quotes the values itself.
    const [statements] = await sql<{ login: string; membership: string }[]>`
      select format(${`${verb} role %I login password %L`}::text, ${user}::text, ${password}::text) as login,
             format('grant %I to %I', ${RUNTIME_ROLE}::text, ${user}::text) as membership`;
    if (statements === undefined) throw new Error("the server answered no statement");
    await sql.unsafe(statements.login);
    await sql.unsafe(statements.membership);
  } finally {
    await sql.end();
  }
  const url = new URL(ownerUrl);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}
