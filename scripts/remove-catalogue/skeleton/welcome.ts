import { loginLine } from "#scripts/local/demo-admin.ts";

type Welcome = { readonly edgeUrl: string; readonly token: string };

/** What a newcomer can paste. Each line works by itself in a shell where TOKEN has been set. */
export function welcome({ edgeUrl, token }: Welcome): string {
  return `
Gatehouse is ready at ${edgeUrl}

  # without a token
  curl -s ${edgeUrl}/health

  # a token for tenant demo, good for 24 hours
  TOKEN=${token}
  curl -s -H "Authorization: Bearer $TOKEN" ${edgeUrl}/v1/me

  # a person logs in
  ${loginLine(edgeUrl)}

Ctrl-C stops everything; the data stays. Log lines follow.
`;
}
