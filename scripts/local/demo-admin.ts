import { createClient, ProblemError } from "#shared/client.ts";

/** Who can log in to tenant demo on this machine. Nothing but development has such an account. */
export const DEMO_ADMIN = { email: "admin@demo.example", password: "only-for-development" } as const;

/**
 * Makes the demo administrator, or leaves the one that is there.
 * @param token one of tenant demo that has every scope: an administrator gets no more than its maker has
 */
export async function ensureDemoAdmin(baseUrl: string, token: string): Promise<void> {
  try {
    await createClient({ baseUrl, token }).createUser({ body: { ...DEMO_ADMIN, role: "admin" } });
  } catch (error) {
    if (error instanceof ProblemError && error.status === 409) return;
    throw error;
  }
}

/** A line to paste that logs the demo administrator in. */
export function loginLine(edgeUrl: string): string {
  const body = JSON.stringify({ tenant: "demo", ...DEMO_ADMIN });
  return `curl -sw '\\n' -H 'Content-Type: application/json' -d '${body}' ${edgeUrl}/v1/auth/login`;
}
