/** The floor: a Worker that answers a constant. */

type Env = { readonly BODY: string };

export default {
  fetch(_request: Request, { BODY }: Env): Response {
    return new Response(BODY, { headers: { "content-type": "application/json" } });
  },
};
