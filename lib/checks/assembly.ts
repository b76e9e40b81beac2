import { readFileSync } from 'node:fs';
import { checkLimits } from './limits.ts';
import { checkPolicies } from './policy-checks.ts';
import type { Template, Templates, Violation } from './template.ts';

/** What is read of a synthesized app. */
export interface Assembly {
  readonly stacks: readonly { readonly stackName: string; readonly templateFullPath: string }[];
}

export class UndeployableError extends Error {
  constructor(faults: readonly Violation[]) {
    super(`This must not be deployed:\n${faults.map(({ at, problem }) => `  ${at}: ${problem}`).join('\n')}`);
    this.name = 'UndeployableError';
  }
}

/**
 * Checks what was synthesized, beyond what the validations of CDK find.
 * @throws UndeployableError listing every fault
 */
export async function checkAssembly(assembly: Assembly): Promise<void> {
  const templates: Templates = new Map(
    assembly.stacks.map(({ stackName, templateFullPath }) => [
      stackName,
      JSON.parse(readFileSync(templateFullPath, 'utf8')) as Template,
    ]),
  );
  const faults = [...checkLimits(templates), ...(await checkPolicies(templates))];
  if (faults.length > 0) throw new UndeployableError(faults);
}
