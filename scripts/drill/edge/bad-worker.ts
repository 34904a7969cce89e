import good, { CachedOrigin, TenantSnapshot } from "../../../edge/worker.ts";

/** An edge that was not ready to be deployed: it throws for three requests in ten. */

export { CachedOrigin, TenantSnapshot };

const BAD_SHARE = 0.3;

export default {
  fetch(request, bindings, context) {
    if (Math.random() < BAD_SHARE) throw new Error("a mistake, made for the drill");
    return good.fetch(request, bindings, context);
  },
} satisfies ExportedHandler<Cloudflare.Env>;
