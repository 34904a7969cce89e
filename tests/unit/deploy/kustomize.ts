import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

/**
 * What `kubectl apply -k` would send, for what our overlays use of kustomize: resources, a namespace, images,
 * and patches that merge objects. Anything else is an error, never left out.
 */

export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [other: string]: unknown;
  };
  /** `any`, as JSON has it: tests look into manifests of every kind. */
  readonly [part: string]: ReturnType<typeof JSON.parse>;
};

type Kustomization = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resources: readonly string[];
  readonly namespace?: string;
  readonly images?: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly patches?: readonly { readonly patch: string }[];
};

const KNOWN = ["apiVersion", "kind", "resources", "namespace", "images", "patches"];
/** They are in no namespace. */
const CLUSTER_WIDE = ["Namespace"];

export function build(folder: string): readonly Manifest[] {
  const kustomization: Kustomization = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"));
  const unknown = Object.keys(kustomization).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw new Error(`nobody here knows ${unknown.join(", ")} of kustomize`);
  const { resources, namespace, images = [], patches = [] } = kustomization;
  const read = resources.flatMap((path) => resource(join(folder, path)));
  return patches
    .map(({ patch }): Manifest => parse(patch))
    .reduce(patched, read)
    .map((manifest) => inNamespace(manifest, namespace))
    .map((manifest) => withImages(manifest, images));
}

function resource(path: string): readonly Manifest[] {
  if (existsSync(join(path, "kustomization.yaml"))) return build(path);
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(`${dirname(path)}: ${error.message}`);
    return document.toJS();
  });
}

function patched(manifests: readonly Manifest[], patch: Manifest): readonly Manifest[] {
  const isMeant = ({ apiVersion, kind, metadata }: Manifest) =>
    apiVersion === patch.apiVersion && kind === patch.kind && metadata.name === patch.metadata.name;
  if (manifests.filter(isMeant).length !== 1) throw new Error(`a patch of ${patch.kind} meets no manifest`);
  return manifests.map((manifest) => (isMeant(manifest) ? merged(manifest, patch) : manifest));
}

/** Kustomize merges lists by their keys, which depends on the kind: ours patch none. */
function merged<T>(original: T, patch: T): T {
  if (Array.isArray(patch)) throw new Error("a patch may not have lists");
  if (!isObject(original) || !isObject(patch)) return patch;
  const members = Object.entries(patch).map(([name, value]) => [name, merged(original[name], value)]);
  return { ...original, ...Object.fromEntries(members) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inNamespace(manifest: Manifest, namespace: string | undefined): Manifest {
  if (namespace === undefined || CLUSTER_WIDE.includes(manifest.kind)) return manifest;
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

function withImages(manifest: Manifest, images: Kustomization["images"] = []): Manifest {
  const pod = manifest["spec"]?.template?.spec;
  if (pod === undefined) return manifest;
  const containers = pod.containers.map((container: { image: string }) => {
    const image = images.find(({ name }) => name === container.image.replace(/:[^/:]*$/, ""));
    return image === undefined ? container : { ...container, image: `${image.newName}:${image.newTag}` };
  });
  const template = { ...manifest["spec"].template, spec: { ...pod, containers } };
  return { ...manifest, spec: { ...manifest["spec"], template } };
}
