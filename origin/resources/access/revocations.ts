import type { revocations as routes } from "#shared/resources/revocations.ts";
import type { HandlersOf } from "../../call.ts";
import type { Services } from "../../services.ts";
import { revoke } from "./revoke.ts";

export function revocationHandlers({ write }: Services): HandlersOf<typeof routes> {
  return {
    async createRevocation(call) {
      const { kind, id } = call.body;
      return write(call, async (tx) => {
        const { revokedBefore, expiresAt } = await revoke(tx, call.caller.tenantId, { kind, id });
        return { status: 200, body: { kind, id, revokedBefore, expiresAt } };
      });
    },
  };
}
