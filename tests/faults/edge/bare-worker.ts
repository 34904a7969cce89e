/** As little as a Worker can do: how long it keeps a request waiting is the machine's doing. */
export default {
  fetch: () => new Response("bare"),
} satisfies ExportedHandler;
