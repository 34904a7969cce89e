/** A client's body on its way to the origin, and whether it was the client that broke it off. */
export type ClientBody = {
  readonly stream: ReadableStream | null;
  /** Aborts when the client breaks off: whoever sends the stream on has to break off too. */
  readonly broken: AbortSignal | null;
  /** Whether all of it has been passed on, as far as anyone can tell. */
  readonly isSent: () => boolean;
  /** To be asked once the origin could not be: to whoever sends a body on, both look the same. */
  readonly isBroken: () => Promise<boolean>;
};

/**
 * A stream that passes on what is written to it: so many bytes, and fails with fewer, so that
 * `Content-Length` is sent for it; or as many as there are (null).
 */
export type Passage = (bytes: number | null) => {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
};

/** A connection that has ended has told the body's stream so by then. */
const TELLS_WITHIN_MS = 20;

/**
 * Watches a body. A stream that stands between must not be ended when the body breaks off, not even as
 * failed: of one without a length workerd makes a proper end towards the origin, which would take half a
 * body for a whole one. So it is left open, and `broken` ends the way that it is sent on.
 */
export function clientBody(
  body: ReadableStream | null,
  contentLength: string | undefined,
  passage: Passage,
): ClientBody {
  if (body === null) return { stream: null, broken: null, isSent: () => true, isBroken: async () => false };
  const { readable, writable } = passage(contentLength === undefined ? null : Number(contentLength));
  const breaking = new AbortController();
  let isSent = false;
  // Not cancelled with the way to the origin, so that it can still tell how it is itself.
  const broke = body.pipeTo(writable, { preventCancel: true, preventAbort: true }).then(
    () => {
      isSent = true;
      return false;
    },
    async () => {
      const isBroken = await hasFailed(body);
      if (isBroken) breaking.abort();
      return isBroken;
    },
  );
  const isBroken = () => Promise.race([broke, delayed(false)]);
  return { stream: readable, broken: breaking.signal, isSent: () => isSent, isBroken };
}

function hasFailed(body: ReadableStream): Promise<boolean> {
  const ended = body.getReader().closed.then(
    () => false,
    () => true,
  );
  return Promise.race([ended, delayed(false)]);
}

function delayed(value: boolean): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(value), TELLS_WITHIN_MS));
}
