import { createHmac } from "node:crypto";
import { VariableReader, type Variables } from "#shared/environment.ts";
import { ORDER_LIFETIME_SECONDS, type OrderTarget, signedOrder } from "#shared/operator.ts";
import { dataFolder, findSession } from "./data-folder.ts";
import { keepSecrets } from "./secrets.ts";
import { StartError } from "./start-error.ts";

/** What an operator's commands to an edge have in common. */

/** An edge, and a secret that it takes orders by. */
export type OperatedEdge = { readonly url: string; readonly secret: string };

/**
 * @param url null: the edge of the running `npm run dev`
 * @param variables with ASSERTION_SECRETS as that edge has it, if it is another
 * @throws StartError when nothing runs, EnvironmentError when the secret is missing
 */
export function operatedEdge(url: string | null, variables: Variables): OperatedEdge {
  if (url !== null) {
    const read = new VariableReader(variables);
    const [{ secret }] = read.secrets("ASSERTION_SECRETS");
    read.done();
    return { url, secret };
  }
  const folder = dataFolder();
  const session = findSession(folder);
  if (session === null) throw new StartError("Start `npm run dev`, or say with --url which edge is meant.");
  return { url: session.edgeUrl, secret: keepSecrets(folder).assertion };
}

/**
 * The header's value that makes a request an order, for just under a minute.
 * @param now milliseconds since the epoch
 */
export function signatureOf(secret: string, target: OrderTarget, body: string, now: number): string {
  const expiresAt = String(Math.floor(now / 1000) + ORDER_LIFETIME_SECONDS - 1);
  const mac = createHmac("sha256", secret)
    .update(signedOrder(target, expiresAt, body))
    .digest("base64url");
  return `${expiresAt}.${mac}`;
}
