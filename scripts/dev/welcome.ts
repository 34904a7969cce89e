import { loginLine } from "#scripts/local/demo-admin.ts";
import type { Product } from "#shared/resources/products.ts";

type Welcome = {
  readonly edgeUrl: string;
  readonly token: string;
  /** A product of tenant `demo` that is in stock and that nobody has read yet. */
  readonly product: Product;
};

/** What a newcomer can paste. Each line works by itself in a shell where TOKEN has been set. */
export function welcome({ edgeUrl, token, product: { id, price } }: Welcome): string {
  const product = `${edgeUrl}/v1/products/${id}`;
  const newPrice = { amountMinor: (price?.amountMinor ?? 0) + 100, currency: price?.currency ?? "USD" };
  const authorised = '-H "Authorization: Bearer $TOKEN"';
  const patch = `-X PATCH -H 'Content-Type: application/merge-patch+json' -H 'If-Match: *'`;
  const json = "-H 'Content-Type: application/json'";
  const order = { currency: newPrice.currency, lines: [{ productId: id, quantity: 2 }] };
  return `
Gatehouse is ready at ${edgeUrl}

  # without a token
  curl -sw '\\n' ${edgeUrl}/health

  # a token for tenant demo, good for 24 hours (another: npm run token -- --tenant rival --scope catalog:read)
  TOKEN=${token}

  # the same product twice: a miss, then a hit
  for i in 1 2; do curl -si ${authorised} ${product} | grep -i '^cache-status'; done

  # a write, and a read that shows it at once
  curl -s ${patch} ${authorised} -d '${JSON.stringify({ price: newPrice })}' -o /dev/null -w '%{http_code}\\n' ${product}
  curl -s ${authorised} ${product} | grep -o '"price":{[^}]*}'

  # an order: it holds its stock for 15 minutes, and sent again with the same key it is the same order
  curl -sw '\\n' ${authorised} ${json} -H 'Idempotency-Key: first-order' -d '${JSON.stringify(order)}' ${edgeUrl}/v1/orders

  # a search, and what happens without a token
  curl -sw '\\n' ${authorised} '${edgeUrl}/v1/products?q=lamp&pageSize=3'
  curl -si ${edgeUrl}/v1/products | grep -iE '^(HTTP|WWW-Authenticate)'

  # a person logs in
  ${loginLine(edgeUrl)}

Ctrl-C stops everything; the data stays. Log lines follow.
`;
}
