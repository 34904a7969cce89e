import { readKeySchedule, readTokenLifetime } from "#origin/config.ts";
import {
  createSigningKeys,
  type ListedKey,
  type SigningKeys,
} from "#origin/resources/access/signing-keys/signing-keys.ts";
import { resealWebhooks } from "#origin/resources/webhooks/reseal.ts";
import { VariableReader } from "#shared/environment.ts";
import { runCommand } from "./access/command.ts";
import { StartError } from "./local/start-error.ts";
import { counted, table } from "./local/table.ts";

/** `npm run keys`: the keys that tokens are signed with, and the secret that they are kept under. */

const USAGE = `npm run keys -- list|rotate|withdraw --kid=KEY|reseal

rotate publishes the next signing key. It signs when SIGNING_KEY_PUBLISH_SECONDS have passed, and the key
before it stays published until its last token has expired.
withdraw takes a key out of use now, because it is in the wrong hands: every token that it signed is refused
within a minute, and another key signs. With "=", since a key's name may begin with a dash.
reseal encrypts signing keys and webhooks' secrets with the first secret of KEY_ENCRYPTION_SECRET, where
they are encrypted with one of the others.
Works on DATABASE_URL with KEY_ENCRYPTION_SECRET, or on this machine's \`npm run dev\`.`;

const GRAMMAR = {
  usage: USAGE,
  actions: ["list", "rotate", "withdraw", "reseal"],
  options: { kid: { type: "string" } },
} as const;

await runCommand(GRAMMAR, async ({ action, need }, office) => {
  const read = new VariableReader(process.env);
  const schedule = readKeySchedule(read);
  const tokenLifetimeSeconds = readTokenLifetime(read);
  read.done();
  const secrets = office.keyEncryptionSecrets();
  const { connections } = office;
  const keys = createSigningKeys({ connections, secrets, schedule, tokenLifetimeSeconds, now: Date.now });
  switch (action) {
    case "list":
      return listOf(await keys.list());
    case "rotate":
      return rotate(keys);
    case "withdraw":
      return withdraw(keys, need("kid"));
    case "reseal": {
      const [signing, webhooks] = [await keys.reseal(), await resealWebhooks(connections, secrets)];
      return `Sealed again: ${counted(signing.length, "signing key")}, the secrets of ${counted(webhooks, "webhook")}.`;
    }
  }
});

async function rotate(keys: SigningKeys): Promise<string> {
  // With a secret that does not open the key in use, no origin could open the next one either.
  await keys.ensure();
  const made = await keys.rotate();
  const said = made === null ? "A key waits to sign already:" : `Published ${made.kid}:`;
  return `${said}\n${listOf(await keys.list())}`;
}

async function withdraw(keys: SigningKeys, kid: string): Promise<string> {
  const withdrawn = await keys.withdraw(kid);
  if (withdrawn === null) throw new StartError(`There is no key ${kid} in use: npm run keys -- list.`);
  return `Every token of ${kid} is refused within a minute:\n${listOf(await keys.list())}`;
}

function listOf(keys: readonly ListedKey[]): string {
  const rows = keys.map(({ kid, state, signsFrom, unneededFrom }) => [
    kid,
    state,
    new Date(signsFrom).toISOString(),
    unneededFrom === null ? "-" : new Date(unneededFrom).toISOString(),
  ]);
  return table([["KEY", "STATE", "SIGNS FROM", "PUBLISHED UNTIL"], ...rows]);
}
