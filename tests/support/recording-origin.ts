import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type AssertionClaims, parseClaims } from "#shared/identity.ts";

/**
 * A socket in the origin's place that answers what a test sets and shows what reached it: for what
 * only the hop itself can tell. It also issues the tokens that the edge under test trusts.
 */

export type Recorded = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly assertion: AssertionClaims | null;
};

export type OriginAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type RecordingOrigin = {
  readonly url: string;
  /** Requests so far, oldest first; those for the key set are left out. */
  readonly requests: Recorded[];
  answer: (request: Recorded) => OriginAnswer | Promise<OriginAnswer>;
  /** Whether it cuts the connection off while a body is being sent to it. */
  cutsOff: (url: string) => boolean;
  /** What it answers for the key set; one key to begin with. */
  keys: readonly unknown[];
  readonly sign: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly stop: () => Promise<void>;
};

const JSON_TYPE = { "content-type": "application/json" };

export async function startRecordingOrigin(): Promise<RecordingOrigin> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const key = { ...(await exportJWK(publicKey)), kid: "test", alg: "ES256", use: "sig" };
  const requests: Recorded[] = [];

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) {
        chunks.push(chunk);
        if (origin.cutsOff(request.url ?? "")) request.destroy();
      }
    } catch {
      // Whoever sent it has gone: there is nobody to answer.
      return;
    }
    const { method = "", url = "", headers } = request;
    const payload = String(headers["gatehouse-assertion"] ?? "").split(".")[0] ?? "";
    const recorded = {
      method,
      url,
      headers,
      body: String(Buffer.concat(chunks)),
      assertion: parseClaims(Buffer.from(payload, "base64url").toString()),
    };
    const isKeySet = url === "/.well-known/jwks.json";
    if (!isKeySet) requests.push(recorded);
    const answer: OriginAnswer = isKeySet
      ? { body: JSON.stringify({ keys: origin.keys }) }
      : await origin.answer(recorded);
    response.writeHead(answer.status ?? 200, { ...JSON_TYPE, ...answer.headers }).end(answer.body ?? "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const origin: RecordingOrigin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: () => ({}),
    cutsOff: () => false,
    keys: [key],
    sign: (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "test", typ: "at+jwt" }).sign(privateKey),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  return origin;
}
