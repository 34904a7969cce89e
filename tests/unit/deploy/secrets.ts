/** The variables of an origin that only a secret may hold, with values that it would take. */
export function exampleSecrets(): Readonly<Record<string, string>> {
  const long = "0".repeat(32);
  return {
    DATABASE_URL: "postgres://gatehouse_origin:x@db.example.com/gatehouse?sslmode=verify-full",
    UPSTASH_REDIS_REST_URL: "https://example.upstash.io",
    UPSTASH_REDIS_REST_TOKEN: "token",
    ASSERTION_SECRETS: `a:${long}`,
    CURSOR_SECRET: long,
    KEY_ENCRYPTION_SECRET: long,
  };
}
