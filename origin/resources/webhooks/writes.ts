import { Problem } from "#shared/problems.ts";
import { DEFAULT_GRACE_SECONDS } from "#shared/resources/clients.ts";
import type { webhooks as routes } from "#shared/resources/webhooks.ts";
import type { HandlersOf } from "../../call.ts";
import { etagOf, requireIfMatch, requireMatch } from "../../etag.ts";
import { createSeal } from "../../seal.ts";
import type { Services } from "../../services.ts";
import { nameServers, type Resolve, resolveTarget } from "./resolve.ts";
import {
  changeWebhook,
  deleteWebhook,
  insertWebhook,
  lockWebhook,
  replaceSecret,
  webhookOf,
} from "./rows.ts";
import { readTarget, type TargetRule } from "./target.ts";

type Writes = Pick<
  HandlersOf<typeof routes>,
  "createWebhook" | "updateWebhook" | "deleteWebhook" | "rotateWebhookSecret"
>;

export function webhookWrites({ write, config, now }: Services): Writes {
  const seal = createSeal(config.keyEncryptionSecrets, "webhook secrets");
  const resolve = nameServers();

  return {
    async createWebhook(call) {
      const { caller, body } = call;
      await requireSafe(body.url, config.webhookTargets, resolve);
      return write(call, async (tx) => {
        const { webhook, secret } = await insertWebhook(tx, seal, caller.tenantId, body);
        const headers = { etag: etagOf(webhook.version), location: `/v1/webhooks/${webhook.id}` };
        return { status: 201, body: { ...webhook, secret }, headers };
      });
    },

    async updateWebhook(call) {
      const ifMatch = requireIfMatch(call.headers);
      const { url } = call.body;
      if (url !== undefined) await requireSafe(url, config.webhookTargets, resolve);
      return write(call, async (tx) => {
        const current = await lockWebhook(tx, call.params.webhookId);
        requireMatch(ifMatch, current.version);
        const webhook = webhookOf(await changeWebhook(tx, current, call.body), now());
        return { status: 200, body: webhook, headers: { etag: etagOf(webhook.version) } };
      });
    },

    async deleteWebhook(call) {
      const ifMatch = call.headers["if-match"];
      return write(call, async (tx) => {
        const current = await lockWebhook(tx, call.params.webhookId);
        if (ifMatch !== undefined) requireMatch(ifMatch, current.version);
        await deleteWebhook(tx, current.id);
        return { status: 204 };
      });
    },

    async rotateWebhookSecret(call) {
      const { caller, params, body } = call;
      return write(call, async (tx) => {
        const { id } = await lockWebhook(tx, params.webhookId);
        const graceSeconds = body.gracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
        const { webhook, secret } = await replaceSecret(tx, seal, caller.tenantId, id, graceSeconds);
        const shown = { ...webhookOf(webhook, now()), secret };
        return { status: 200, body: shown, headers: { etag: etagOf(webhook.version) } };
      });
    },
  };
}

/**
 * Refuses what could never be sent to, while there is somebody to tell. A name that does not resolve now
 * may do so later; every attempt looks again at what it resolves to.
 * @throws Problem `unprocessable`
 */
async function requireSafe(url: string, rule: TargetRule, resolve: Resolve): Promise<void> {
  const target = readTarget(url, rule);
  if (target.kind === "refused") throw unsafe(target.why);
  const { kind } = await resolveTarget(target, rule, resolve);
  if (kind === "refused-address") throw unsafe("must be on the public Internet");
}

function unsafe(detail: string): Problem {
  return new Problem("unprocessable", { errors: [{ in: "body", pointer: "/url", rule: "public", detail }] });
}
