import { expect, test } from "vitest";
import { secretsIn } from "#scripts/security/secret-patterns.ts";

// Put together here, so that this file does not hold what it looks for.
const random = ["q7Zx9Lm2", "Vb4Kp8Wd", "R3nT6yHs"].join("");

test.each([
  ["a private key", `-----BEGIN ${"PRIVATE"} KEY-----`],
  ["a private key", `-----BEGIN RSA ${"PRIVATE"} KEY-----`],
  ["a private JWK", `{"kty":"EC","d":"${random}${random}"}`],
  ["a JWT", `${"eyJ"}hbGciOiJFUzI1NiJ9.${"eyJ"}zdWIiOiJ0ZXN0In0.${random}`],
  ["an AWS key", `${"AKIA"}IOSFODNN7EXAMPLE`],
  ["a GitHub token", `${"ghp_"}${random}${random}`],
  ["a password in a URL", `postgres://owner:${random}@db.example.com/gatehouse`],
  ["an assigned secret", `CURSOR_SECRET=${random}`],
  ["an assigned secret", `const token = "${random}";`],
])("finds %s, on its line", (kind, content) => {
  expect(secretsIn(`first\n${content}\nlast`)).toEqual([{ line: 2, kind }]);
});

test.each([
  "CURSOR_SECRET=",
  "token: string | (() => string | Promise<string>);",
  "readonly secret: NamedSecret;",
  "secrets: assertionSecretsFromEnvironment,",
  "const token = await mint({ tenant: demo.tenantId });",
  "postgres://owner:...@host/db?sslmode=verify-full",
  "postgres://user:password@host/name",
  "postgres://gatehouse:development@127.0.0.1:8791/gatehouse",
  '{ CURSOR_SECRET: "development-another-secret-0123456789" }',
  'secret: "development-assertion-secret-of-the-tests",',
])("lets %j pass", (content) => {
  expect(secretsIn(content)).toEqual([]);
});
