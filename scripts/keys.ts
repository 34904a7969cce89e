import { readKeySchedule, readTokenLifetime } from "#origin/config.ts";
import { createSigningKeys, type ListedKey } from "#origin/resources/access/signing-keys/signing-keys.ts";
import { VariableReader } from "#shared/environment.ts";
import { runCommand, table } from "./access/command.ts";

/** `npm run keys`: the keys that tokens are signed with. */

const USAGE = `npm run keys -- list|rotate

rotate publishes the next signing key. It signs when SIGNING_KEY_PUBLISH_SECONDS have passed, and the key
before it stays published until its last token has expired. Works on DATABASE_URL with
KEY_ENCRYPTION_SECRET, or on this machine's \`npm run dev\`.`;

await runCommand({ usage: USAGE, actions: ["list", "rotate"], options: {} }, async ({ action }, office) => {
  const read = new VariableReader(process.env);
  const schedule = readKeySchedule(read);
  const tokenLifetimeSeconds = readTokenLifetime(read);
  read.done();
  const keys = createSigningKeys({
    connections: office.connections,
    secret: office.keyEncryptionSecret(),
    schedule,
    tokenLifetimeSeconds,
    now: Date.now,
  });
  if (action === "list") return listOf(await keys.list());
  const made = await keys.rotate();
  const said = made === null ? "A key waits to sign already:" : `Published ${made.kid}:`;
  return `${said}\n${listOf(await keys.list())}`;
});

function listOf(keys: readonly ListedKey[]): string {
  const rows = keys.map(({ kid, state, signsFrom, unneededFrom }) => [
    kid,
    state,
    new Date(signsFrom).toISOString(),
    unneededFrom === null ? "-" : new Date(unneededFrom).toISOString(),
  ]);
  return table([["KEY", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"], ...rows]);
}
