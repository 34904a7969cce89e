import Type from "typebox";
import { Compile } from "typebox/compile";

/** What V8 says of an isolate in workerd, through its inspector (Chrome DevTools Protocol). */

const Targets = Compile(Type.Array(Type.Object({ webSocketDebuggerUrl: Type.String() })));
const Usage = Compile(
  Type.Object({
    result: Type.Object({
      /** Of the heap: objects, and text. */
      usedSize: Type.Number(),
      /** Of buffers, which lie outside of it. */
      backingStorageSize: Type.Number(),
    }),
  }),
);

/**
 * Bytes of heap and buffers that are in use, garbage included that nobody has collected.
 * @param inspector of a workerd with one Worker
 */
export async function heapBytes(inspector: URL): Promise<number> {
  const targets: unknown = await (await fetch(`http://${inspector.host}/json`)).json();
  if (!Targets.Check(targets) || targets[0] === undefined) throw new Error("workerd has nothing to inspect");
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  try {
    const answered = new Promise<unknown>((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Runtime.getHeapUsage" }));
      socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)));
      socket.onerror = () => reject(new Error("workerd's inspector does not answer"));
    });
    const message = await answered;
    if (!Usage.Check(message)) throw new Error("workerd's inspector gave another answer");
    return message.result.usedSize + message.result.backingStorageSize;
  } finally {
    socket.close();
  }
}
