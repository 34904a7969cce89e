/** What wrangler.toml binds, and what the main module exports, for the platform's own types. */
declare namespace Cloudflare {
  interface Env {
    readonly SHIELD: RateLimit;
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
  }
}
