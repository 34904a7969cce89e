/** The variables of an origin that only a secret may hold, with values that it would take. */
export function exampleSecrets(): Readonly<Record<string, string>> {
  const secret = "0123456789abcdef0123456789abcdef";
  return {
    DATABASE_URL: "postgres://gatehouse_origin:x@db.example.com/gatehouse?sslmode=verify-full",
    UPSTASH_REDIS_REST_URL: "https://example.upstash.io",
    UPSTASH_REDIS_REST_TOKEN: "token",
    ASSERTION_SECRETS: `a:${secret}`,
    CURSOR_SECRET: secret,
    KEY_ENCRYPTION_SECRET: secret,
  };
}
