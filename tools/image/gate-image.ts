import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GatewaySettings, gateImageTag } from '#lib/settings/gateway.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { bundleFile } from '../bundle.ts';
import { UsageError } from '../command-line.ts';
import { IMAGE_FOLDER, type ImageEngine } from './engine-build.ts';

/** The tag of the image in the engine. */
export const GATE_IMAGE = 'workbench-gate:latest';
const ENTRY = 'gate/aws-main.ts';

/**
 * Returns the tag of the gate's image in the repository.
 * @param argument the tag on the command line, if the settings pin a digest
 * @throws UsageError If the stage has no gate, or neither or both have a tag.
 */
export function resolveGateTag(
  stage: string,
  gate: StageSettings['gateway'],
  argument: string | undefined,
): string {
  if (gate === 'none') throw new UsageError(`--gate: stages/${stage}.json has no \`gateway\``);
  const setting = gateImageTag(gate);
  if (argument !== undefined && setting !== undefined) {
    throw new UsageError(`--tag: stages/${stage}.json has the tag ${gate.image.tag}; change it there`);
  }
  const tag = setting ?? (argument === undefined ? undefined : `gate-${argument}`);
  if (tag === undefined) {
    throw new UsageError(
      `stages/${stage}.json pins a digest of the gate: push with --tag TAG, then pin the new digest`,
    );
  }
  return tag;
}

/** Docker's names of the platforms. */
const PLATFORMS: Readonly<Record<GatewaySettings['image']['architecture'], string>> = {
  x86_64: 'linux/amd64',
  arm64: 'linux/arm64',
};

/**
 * Bundles the gate and builds its image, for any architecture.
 * @throws BuildError With the message of the engine.
 */
export async function buildGateImage(
  engine: ImageEngine,
  architecture: GatewaySettings['image']['architecture'],
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'workbench-gate-'));
  try {
    await bundleFile(ENTRY, context);
    await cp(join(IMAGE_FOLDER, 'gate/Dockerfile'), join(context, 'Dockerfile'));
    const platform = PLATFORMS[architecture];
    await engine.build({ tag: GATE_IMAGE, context, dockerfile: 'Dockerfile', platform });
  } finally {
    await rm(context, { recursive: true });
  }
}
