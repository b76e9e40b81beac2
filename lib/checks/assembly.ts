import { readFileSync } from 'node:fs';
import { checkLimits } from './limits.ts';
import { checkNames } from './names.ts';
import { checkPolicies } from './policy-checks.ts';
import { checkReplacements } from './replacements.ts';
import type { Template, Templates, Violation } from './template.ts';

/** The part of a synthesized app that the checks read. */
export interface Assembly {
  readonly stacks: readonly { readonly stackName: string; readonly templateFullPath: string }[];
}

export class UndeployableError extends Error {
  constructor(violations: readonly Violation[]) {
    super(
      `The templates must not be deployed. Correct these errors:\n${violations.map(({ at, problem }) => `  ${at}: ${problem}`).join('\n')}`,
    );
    this.name = 'UndeployableError';
  }
}

/**
 * Checks the synthesized templates for errors that CDK's validations do not find.
 * @throws UndeployableError Lists every violation.
 */
export async function checkAssembly(assembly: Assembly): Promise<void> {
  const templates: Templates = new Map(
    assembly.stacks.map(({ stackName, templateFullPath }) => [
      stackName,
      JSON.parse(readFileSync(templateFullPath, 'utf8')) as Template,
    ]),
  );
  const violations = await findViolations(templates);
  if (violations.length > 0) throw new UndeployableError(violations);
}

/** Returns every violation in the templates. */
export async function findViolations(templates: Templates): Promise<readonly Violation[]> {
  return [
    ...checkLimits(templates),
    ...checkNames(templates),
    ...checkReplacements(templates),
    ...(await checkPolicies(templates)),
  ];
}
