import { AwsCli } from '../aws-cli.ts';
import { checkSettings, findAccount } from '../checks.ts';
import { AwsDeploymentCalls } from './aws-calls.ts';
import { deploymentChecks, newContext } from './checks.ts';
import { exitCodeOf, formatChecks, runChecks } from './run-checks.ts';

/**
 * Checks a deployment in its account. Creates one workbench and deletes it.
 * @returns The exit code of the command.
 * @throws ToolError If the settings or the credentials are invalid.
 */
export async function checkDeployment(
  { stage, profile }: { readonly stage: string; readonly profile: string | undefined },
  print: (text: string) => void,
): Promise<number> {
  const settings = checkSettings(stage);
  const { id, region, caller } = await findAccount(settings, { profile });
  print(`Checking ${settings.installation} in account ${id}, region ${region}, as ${caller}`);
  const calls = new AwsDeploymentCalls(new AwsCli({ profile, region }), settings);
  const checks = await runChecks(deploymentChecks(settings), calls, newContext(), ({ name, result }) =>
    print(`  ${name}: ${result}`),
  );
  print(`\n${formatChecks(checks)}`);
  return exitCodeOf(checks);
}
