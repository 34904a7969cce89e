import { execFileSync } from "node:child_process";
import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { ROOT } from "#scripts/local/data-folder.ts";
import { readDockerfile, type Stage, type Step } from "./dockerfile.ts";

/** What the steps of a Dockerfile make of a clean folder, without a container engine. */
export type Image = {
  readonly stage: Stage;
  /** The image's root, as a folder of this machine. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** The Node that the base image would bring: this process's own. */
  readonly node: string;
};

/** Performs every stage in a folder of its own. The last one is the image. */
export function buildImage(dockerfile: string, folder: string): Image {
  const isSent = contextFilter(readFileSync(join(ROOT, ".dockerignore"), "utf8"));
  const roots = new Map<string, string>();
  let image: Image | null = null;
  for (const stage of readDockerfile(readFileSync(join(ROOT, dockerfile), "utf8"))) {
    const root = join(folder, stage.name);
    roots.set(stage.name, root);
    image = performStage(stage, root, roots, isSent);
  }
  if (image === null) throw new Error(`${dockerfile} has no stage`);
  return image;
}

function performStage(
  stage: Stage,
  root: string,
  roots: ReadonlyMap<string, string>,
  isSent: (path: string) => boolean,
): Image {
  const node = join(root, "usr/local/bin/node");
  mkdirSync(dirname(node), { recursive: true });
  copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
  let workdir = root;
  const env: Record<string, string> = {};
  for (const step of stage.steps) {
    if (step.kind === "workdir") {
      workdir = within(root, workdir, step.path);
      mkdirSync(workdir, { recursive: true });
    } else if (step.kind === "env") env[step.name] = step.value;
    else if (step.kind === "run") run(step.command, workdir, env);
    else copy(step, root, workdir, roots, isSent);
  }
  return { stage, root, workdir, env, node };
}

/** A path of the image as one of this machine. */
function within(root: string, workdir: string, path: string): string {
  return path.startsWith("/") ? join(root, path) : resolve(workdir, path);
}

function run(command: string, cwd: string, env: Readonly<Record<string, string>>): void {
  const { PATH = "", HOME = "" } = process.env;
  execFileSync("/bin/sh", ["-c", command], { cwd, env: { PATH, HOME, ...env }, stdio: "pipe" });
}

function copy(
  { from, paths, to }: Extract<Step, { kind: "copy" }>,
  root: string,
  workdir: string,
  roots: ReadonlyMap<string, string>,
  isSent: (path: string) => boolean,
): void {
  const target = within(root, workdir, to);
  for (const path of paths) {
    if (from !== null) {
      // Nothing else is taken from there, so it need not be copied.
      renameSync(join(roots.get(from) ?? from, path), target);
      continue;
    }
    const source = join(ROOT, path);
    // A folder's content is copied, not the folder.
    const isInto = to.endsWith("/") && !statSync(source).isDirectory();
    const filter = (file: string) => isSent(file.slice(ROOT.length).replace(/^\/+/, ""));
    cpSync(source, isInto ? join(target, basename(path)) : target, { recursive: true, filter });
  }
}

/**
 * Whether a path of the repository is sent to the builder: everything is left out, then single paths are let
 * in again.
 * @throws Error when `.dockerignore` has another shape
 */
export function contextFilter(ignoreFile: string): (path: string) => boolean {
  const [first, ...rest] = ignoreFile.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (first !== "*" || !rest.every((line) => /^![\w./*-]+$/.test(line))) {
    throw new Error(".dockerignore is not a list of exceptions to everything");
  }
  const patterns = rest.map(
    (line) => new RegExp(`^${line.slice(1).replaceAll(".", "\\.").replaceAll("*", "[^/]*")}(?:/|$)`),
  );
  return (path) => patterns.some((pattern) => pattern.test(path));
}

/** Takes everybody's right to write away, as a read-only root would. */
export function makeReadOnly(path: string): void {
  const { mode } = statSync(path);
  const isFolder = statSync(path).isDirectory();
  if (isFolder) {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isSymbolicLink()) makeReadOnly(join(path, entry.name));
    }
  }
  chmodSync(path, mode & 0o555);
}

/** Removes what `makeReadOnly` has made. */
export function removeTree(path: string): void {
  makeWritable(path);
  rmSync(path, { recursive: true, force: true });
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}
