import { Problem } from "#shared/problems.ts";
import { LOGIN_CLIENT_ID, type auth as routes, type Session } from "#shared/resources/auth.ts";
import { scopesOfRole } from "#shared/roles.ts";
import type { HandlersOf } from "../../../call.ts";
import { inTransaction } from "../../../db/write.ts";
import type { Services } from "../../../services.ts";
import { accessTokenSigner } from "../access-token.ts";
import { knownScopes } from "../granting.ts";
import { revoke, revokeIssued } from "../revoke.ts";
import { accountFinder } from "./accounts.ts";
import { ownPasswordHandler } from "./own-password.ts";
import { createRefreshTokens } from "./refresh-token.ts";
import { advanceSession, beginSession, endSession, type LiveSession } from "./sessions.ts";

export function authHandlers(services: Services): HandlersOf<typeof routes> {
  const { connections, committed, config, signingKeys, passwords, now } = services;
  const { tokens, sessionLifetimeSeconds } = config;
  const sign = accessTokenSigner({ signingKeys, tokens, now });
  const refreshTokens = createRefreshTokens(config.keyEncryptionSecrets);
  const findAccount = accountFinder(connections);

  async function answer(tenantId: string, session: LiveSession): Promise<Session> {
    const scopes = scopesOfRole(session.role, knownScopes);
    const accessToken = await sign({
      subject: session.userId,
      clientId: LOGIN_CLIENT_ID,
      tenantId,
      scopes,
      plan: null,
      tokenId: session.accessTokenId,
    });
    const { id: sessionId, generation } = session;
    return {
      accessToken,
      tokenType: "Bearer",
      expiresInSeconds: tokens.lifetimeSeconds,
      scopes: [...scopes],
      refreshToken: refreshTokens.seal({ tenantId, sessionId, generation }),
      sessionExpiresAt: session.expiresAt,
    };
  }

  return {
    changeOwnPassword: ownPasswordHandler(services),

    async login({ body: { tenant, email, password } }) {
      const account = await findAccount(tenant, email);
      // For whoever there is not as well: one hash each, so that the time tells nothing.
      const matches = await passwords.matches(password, account?.passwordHash ?? null);
      if (account === null || !matches || account.disabled) throw invalidCredentials();
      const { tenantId, id: userId, role } = account;
      const { result: session } = await inTransaction(connections, tenantId, (tx) =>
        beginSession(tx, { tenantId, userId, lifetimeSeconds: sessionLifetimeSeconds }),
      );
      return { status: 200, body: await answer(tenantId, { ...session, role }) };
    },

    async refreshSession({ body: { refreshToken } }) {
      const claims = refreshTokens.open(refreshToken);
      if (claims === null) throw invalidCredentials();
      const { tenantId, sessionId, generation } = claims;
      const { result: session } = await inTransaction(connections, tenantId, async (tx) => {
        const next = await advanceSession(tx, sessionId, generation);
        if (next !== null) return next;
        const ended = await endSession(tx, sessionId);
        // A token that was used before: it or its successor is in the wrong hands, and nobody can tell
        // which, nor how many access tokens either has got (RFC 9700 §4.14.2).
        const isReused = ended !== null && ended.generation > generation;
        if (isReused) await revokeIssued(tx, tenantId, "subject", ended.userId);
        return null;
      });
      committed();
      if (session === null) throw invalidCredentials();
      return { status: 200, body: await answer(tenantId, session) };
    },

    async logout({ body: { refreshToken } }) {
      const claims = refreshTokens.open(refreshToken);
      if (claims === null) return { status: 204 };
      const { tenantId, sessionId } = claims;
      await inTransaction(connections, tenantId, async (tx) => {
        const ended = await endSession(tx, sessionId);
        if (ended === null) return;
        const expiresAt = Math.ceil(now() / 1000) + tokens.lifetimeSeconds;
        await revoke(tx, tenantId, { kind: "token", id: ended.accessTokenId, expiresAt });
      });
      committed();
      return { status: 204 };
    },
  };
}

/** The same whatever it was: which tenants and accounts there are is nobody's business. */
function invalidCredentials(): Problem {
  return new Problem("invalid-credentials", {}, { "www-authenticate": "Bearer" });
}
