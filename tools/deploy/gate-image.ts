import type { Part } from '#lib/deployment-names.ts';
import { gateImageTag } from '#lib/settings/gateway.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { ToolError } from '../command-line.ts';
import { findDigest, findRepository } from '../image/repository.ts';
import type { AwsCli } from './aws-cli.ts';
import { listParts } from './stacks.ts';

export interface GateImageCheck {
  /** The parts to deploy now. */
  readonly parts: readonly Part[];
  /** What to do to deploy the rest. Undefined if nothing is left. */
  readonly next: string | undefined;
}

/**
 * Checks whether the image of the gate has been pushed: ECS could not start its tasks otherwise, and the first deployment of
 * a stage creates the repository. Until then the gate is left out.
 * @param missing the parts that do not exist
 * @throws ToolError If the gate exists and its next image does not.
 */
export async function checkGateImage(
  aws: AwsCli,
  settings: StageSettings,
  missing: readonly Part[],
): Promise<GateImageCheck> {
  const { gateway: gate, installation, stage } = settings;
  const parts = listParts(settings);
  const all = { parts, next: undefined };
  if (gate === 'none') return all;
  const tag = gateImageTag(gate);
  // A digest is known only after a push.
  if (tag === undefined) return all;
  const push = `Push it: npm run image:push -- --stage ${stage} --gate`;
  if (!missing.includes('cluster')) {
    const repository = await findRepository(aws, installation, stage);
    if ((await findDigest(aws, repository.name, tag)) !== undefined) return all;
    if (!missing.includes('gateway'))
      throw new ToolError(`The repository has no image ${tag}, the gate of stages/${stage}.json. ${push}`);
  }
  return {
    parts: parts.filter((part) => part !== 'gateway'),
    next: `The gate was not deployed, because the repository has no image ${tag} yet. ${push}\nThen run this command again.`,
  };
}
