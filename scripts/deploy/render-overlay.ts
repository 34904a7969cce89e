import { mkdirSync, writeFileSync } from "node:fs";
import { renderedOverlay, toEnvironment } from "./plan.ts";

/** `node scripts/deploy/render-overlay.ts staging registry.example.com/gatehouse-origin 1a2b3c4` */

/** What the overlays call it: by then it is no longer the name that the base has. */
const OVERLAYS_IMAGE = "registry.example.com/gatehouse-origin";

const [environment = "", image = "", tag = ""] = process.argv.slice(2);
const folder = renderedOverlay(toEnvironment(environment));
mkdirSync(folder, { recursive: true });
writeFileSync(
  `${folder}/kustomization.yaml`,
  `resources:
  - ../../../deploy/k8s/overlays/${environment}
images:
  - name: ${OVERLAYS_IMAGE}
    newName: ${image}
    newTag: "${tag}"
`,
);
console.log(`${folder}/kustomization.yaml`);
