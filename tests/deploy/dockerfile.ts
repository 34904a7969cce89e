import { type Copy, DockerfileParser, type From, type Instruction } from "dockerfile-ast";

/** A Dockerfile as its steps. Only what ours uses is known; anything else is an error, never left out. */

export type Step =
  | {
      readonly kind: "copy";
      readonly from: string | null;
      readonly paths: readonly string[];
      readonly to: string;
    }
  | { readonly kind: "run"; readonly command: string }
  | { readonly kind: "workdir"; readonly path: string }
  | { readonly kind: "env"; readonly name: string; readonly value: string };

export type Stage = {
  readonly name: string;
  readonly image: string;
  readonly steps: Step[];
  user: string | null;
  ports: readonly string[];
  command: readonly string[];
  healthcheck: readonly string[];
};

export function readDockerfile(text: string): readonly Stage[] {
  const stages: Stage[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === "FROM") stages.push(stageOf(instruction as From, stages.length));
    else add(instruction, stages.at(-1));
  }
  return stages;
}

function stageOf(from: From, index: number): Stage {
  return {
    name: from.getBuildStage() ?? String(index),
    image: from.getImage() ?? "",
    steps: [],
    user: null,
    ports: [],
    command: [],
    healthcheck: [],
  };
}

function add(instruction: Instruction, stage: Stage | undefined): void {
  if (stage === undefined) throw new Error("the file does not begin with FROM");
  const values = instruction.getArguments().map((argument) => argument.getValue());
  switch (instruction.getKeyword()) {
    case "WORKDIR":
      stage.steps.push({ kind: "workdir", path: values.join(" ") });
      return;
    case "COPY":
      stage.steps.push(copyOf(instruction as Copy, values));
      return;
    case "RUN":
      stage.steps.push({ kind: "run", command: values.join(" ") });
      return;
    case "ENV":
      stage.steps.push(...values.map(variableOf));
      return;
    case "USER":
      stage.user = values.join(" ");
      return;
    case "EXPOSE":
      stage.ports = values;
      return;
    case "CMD":
      stage.command = execForm(instruction);
      return;
    case "HEALTHCHECK":
      stage.healthcheck = execForm(instruction);
      return;
    default:
      throw new Error(`nobody here knows how to perform ${instruction.getKeyword()}`);
  }
}

function copyOf(copy: Copy, values: readonly string[]): Step {
  const flags = copy.getFlags();
  const other = flags.find((flag) => flag.getName() !== "from");
  if (other !== undefined) throw new Error(`nobody here knows COPY --${other.getName()}`);
  const to = values.at(-1) ?? "";
  return { kind: "copy", from: flags[0]?.getValue() ?? null, paths: values.slice(0, -1), to };
}

function variableOf(pair: string): Step {
  const [name = "", ...value] = pair.split("=");
  return { kind: "env", name, value: value.join("=") };
}

/** A shell in between would keep signals to itself. */
function execForm(instruction: Instruction): string[] {
  const text = instruction.getRawArgumentsContent() ?? "";
  const list = /\[.*\]$/s.exec(text)?.[0];
  if (list === undefined) throw new Error(`${instruction.getKeyword()} is not in exec form`);
  return JSON.parse(list);
}
