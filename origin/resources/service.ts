import { contract } from "#shared/contract.ts";
import { openApi } from "#shared/openapi.ts";
import { Problem, type ProblemCode, problems, problemType } from "#shared/problems.ts";
import type { service as routes } from "#shared/resources/service.ts";
import type { HandlersOf } from "../call.ts";

/** What the service says about itself. */
export function serviceHandlers(): HandlersOf<typeof routes> {
  return {
    async getOpenApi() {
      // Made anew: edges ask once a minute, and kept it would be walked by each full collection of the heap.
      return { status: 200, body: openApi(contract) };
    },

    async getProblemType({ params: { code } }) {
      if (!isCode(code)) throw new Problem("not-found");
      const { status, title, when } = problems[code];
      return { status: 200, body: { type: problemType(code), code, status, title, when } };
    },
  };
}

function isCode(text: string): text is ProblemCode {
  return Object.hasOwn(problems, text);
}
