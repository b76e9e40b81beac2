/**
 * `npm run deploy -- --stage NAME`: checks the prerequisites of a deployment, then runs `cdk deploy`. See `--help`.
 */

import { type Part, UNPROTECTED } from '#lib/deployment-names.ts';
import { runTool, ToolError } from './command-line.ts';
import { DEPLOY_HELP, type DeployArguments, parseDeployArguments } from './deploy/arguments.ts';
import { AwsCli } from './deploy/aws-cli.ts';
import { checkDeployment } from './deploy/check/check-deployment.ts';
import {
  bootstrapCommand,
  bundleCommand,
  checkAccount,
  checkPlaceholders,
  checkSettings,
  describeRisks,
  runBundler,
  trunkingCommand,
} from './deploy/checks.ts';
import { checkGateImage } from './deploy/gate-image.ts';
import { formatCommand, runInteractively } from './deploy/program.ts';
import {
  checkBackupVault,
  describeStackProblem,
  ensureServiceLinkedRole,
  findMissingParts,
  findProblems,
  readStacks,
  repairStack,
  type StackProblem,
  stacksCommand,
} from './deploy/stacks.ts';

await runTool(async () => {
  const args = parseDeployArguments(process.argv.slice(2));
  if (args === undefined) console.log(DEPLOY_HELP);
  else if (args.check) process.exitCode = await checkDeployment(args, (text) => console.log(text));
  else if (args.dryRun) printDryRun(args);
  else await deploy(args);
});

async function deploy(args: DeployArguments): Promise<void> {
  const { stage, profile } = args;
  console.log(`Checking stages/${stage}.json and the prerequisites of the deployment`);
  report(`Node.js ${process.versions.node}`);
  const settings = checkSettings(stage);
  checkPlaceholders(settings);
  report(`settings are valid, installation ${settings.installation}`);
  for (const line of describeRisks(settings)) report(line);
  const { account, lines } = await checkAccount(settings, profile);
  for (const line of lines) report(line);
  const aws = new AwsCli({ profile, region: account.region });
  const stacks = await readStacks(aws, settings.installation);
  const problems = await reportProblems(aws, findProblems(stacks), args);
  report(await runBundler());

  for (const problem of problems) await repairStack(aws, problem, report);
  const deleted = problems.flatMap(({ stack, repair }) => (repair === 'delete' ? [stack.part] : []));
  const missing = findMissingParts(
    stacks.filter(({ part }) => !deleted.includes(part)),
    settings,
  );
  if (missing.includes('data')) await checkBackupVault(aws, settings);
  if (missing.includes('cluster')) report(await ensureServiceLinkedRole(aws));

  const { parts, next } = await checkGateImage(aws, settings, missing);
  const created = missing.filter((part) => parts.includes(part));
  // `--all` is also right for an installation without a gate, which has no such stack.
  const selection = next === undefined ? ['--all'] : parts.map((part) => `${settings.installation}-${part}`);
  let code = await runCdk(args, account.region, created, selection);
  if (code === 0 && (created.includes('data') || (settings.production && created.length > 0))) {
    console.log('The stacks exist. Turning on their protection from deletion.');
    code = await runCdk(args, account.region, [], selection);
  }
  if (code === 0 && next !== undefined) console.log(next);
  process.exitCode = code;
}

function report(line: string): void {
  console.log(`  ${line}`);
}

/**
 * Returns the problems to repair.
 * @throws ToolError Lists all problems if one cannot be repaired or if a repair was not requested.
 */
async function reportProblems(
  aws: AwsCli,
  problems: readonly StackProblem[],
  { repair }: DeployArguments,
): Promise<readonly StackProblem[]> {
  if (problems.length === 0) return [];
  const lines: string[] = [];
  for (const problem of problems) lines.push(`  ${await describeStackProblem(aws, problem)}`);
  if (repair && problems.every((problem) => problem.repair !== undefined)) {
    for (const line of lines) console.log(line);
    return problems;
  }
  throw new ToolError(`The deployment cannot continue:\n${lines.join('\n')}`);
}

/** Runs `cdk deploy` and returns its exit code. */
async function runCdk(
  args: DeployArguments,
  region: string,
  unprotected: readonly Part[],
  selection: readonly string[],
): Promise<number> {
  const cdkArguments = toCdkArguments(args, unprotected, selection);
  console.log(formatCommand('cdk', cdkArguments));
  const code = await runInteractively('cdk', cdkArguments, {
    environment: { AWS_REGION: region },
    whenMissing: 'Run `npm ci`, then `npm run deploy`.',
  });
  if (code === undefined)
    throw new ToolError('cdk was ended by a signal. Run the command again to finish the deployment.');
  return code;
}

/** Prints the commands of a deployment. Reads only the settings. */
function printDryRun(args: DeployArguments): void {
  const settings = checkSettings(args.stage);
  const aws = new AwsCli({ profile: args.profile, region: settings.region });
  console.log('A deployment would run these commands, and the last two only if the first four succeed:');
  const stacks = stacksCommand(settings.installation);
  for (const command of [['sts', 'get-caller-identity'], bootstrapCommand, trunkingCommand, stacks]) {
    console.log(`  ${aws.format(command)}`);
  }
  console.log(
    `  ${formatCommand('node', bundleCommand)}\n  ${formatCommand('cdk', toCdkArguments(args, [], ['--all']))}`,
  );
  try {
    checkPlaceholders(settings);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.log(`The deployment would fail: ${error.message}`);
  }
}

/**
 * @param unprotected The parts that are created without protection from deletion.
 * @param selection The stacks to deploy.
 */
function toCdkArguments(
  { stage, profile, requireApproval, strongReferences, cdkArguments }: DeployArguments,
  unprotected: readonly Part[],
  selection: readonly string[],
): readonly string[] {
  return [
    'deploy',
    ...selection,
    '-c',
    `stage=${stage}`,
    ...(unprotected.length === 0 ? [] : ['-c', `${UNPROTECTED}=${unprotected.join(',')}`]),
    ...(strongReferences ? ['-c', '@aws-cdk/core:defaultCrossStackReferences=strong'] : []),
    ...(requireApproval === undefined ? [] : ['--require-approval', requireApproval]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...cdkArguments,
  ];
}
