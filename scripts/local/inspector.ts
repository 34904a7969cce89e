import Type, { type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";

/** What V8 says of itself through its inspector (Chrome DevTools Protocol): that of workerd, or of Node. */

const Targets = Type.Array(Type.Object({ webSocketDebuggerUrl: Type.String() }));
const Usage = Type.Object({
  /** Of the heap: objects, and text. */
  usedSize: Type.Number(),
  /** Of buffers, which lie outside of it. */
  backingStorageSize: Type.Number(),
});
const Created = Type.Object({
  method: Type.Literal("Runtime.executionContextCreated"),
  params: Type.Object({ context: Type.Object({ id: Type.Integer() }) }),
});
const Result = Type.Object({ id: Type.Integer(), result: Type.Unknown() });
const Evaluated = Type.Object({ result: Type.Object({ value: Type.Optional(Type.String()) }) });

/** Bytes of heap and buffers that are in use, garbage included that nobody has collected. */
export async function heapBytes(inspector: URL): Promise<number> {
  const session = await attach(inspector);
  try {
    const { usedSize, backingStorageSize } = read(Usage, await session.ask("Runtime.getHeapUsage"));
    return usedSize + backingStorageSize;
  } finally {
    session.end();
  }
}

/**
 * Evaluates an expression in the global scope: `gc()` where V8 was told `--expose-gc`.
 * @returns its value when that is text
 */
export async function evaluate(inspector: URL, expression: string): Promise<string | undefined> {
  const session = await attach(inspector);
  try {
    await session.ask("Runtime.enable");
    // workerd has no default one.
    const contextId = await session.context;
    const answer = await session.ask("Runtime.evaluate", { expression, contextId, returnByValue: true });
    return read(Evaluated, answer).result.value;
  } finally {
    session.end();
  }
}

/** @param inspector of a workerd with one Worker, or of a Node */
async function attach(inspector: URL) {
  const targets: unknown = await (await fetch(`http://${inspector.host}/json`)).json();
  const [target] = read(Targets, targets);
  if (target === undefined) throw new Error("there is nothing to inspect");
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const waiting = new Map<number, (result: unknown) => void>();
  const { promise: context, resolve: created } = Promise.withResolvers<number>();
  const isResult = Compile(Result);
  const isCreated = Compile(Created);
  socket.onmessage = ({ data }) => {
    const message: unknown = JSON.parse(String(data));
    if (isCreated.Check(message)) created(message.params.context.id);
    if (isResult.Check(message)) waiting.get(message.id)?.(message.result);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the inspector does not answer"));
  });
  return {
    context,
    ask: (method: string, params: object = {}): Promise<unknown> =>
      new Promise((resolve) => {
        const id = waiting.size + 1;
        waiting.set(id, resolve);
        socket.send(JSON.stringify({ id, method, params }));
      }),
    end: () => socket.close(),
  };
}

function read<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (Compile(schema).Check(value)) return value;
  throw new Error("the inspector gave another answer");
}
