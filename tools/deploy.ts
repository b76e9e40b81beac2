/**
 * `npm run deploy -- --stage NAME`: checks the prerequisites of a deployment, then runs `cdk deploy`. See `--help`.
 */

import { runTool, ToolError } from './command-line.ts';
import { type DeployArguments, HELP, parseDeployArguments } from './deploy/arguments.ts';
import { AwsCli } from './deploy/aws-cli.ts';
import {
  bootstrapCommand,
  bundleCommand,
  checkAccount,
  checkPlaceholders,
  checkSettings,
  runBundler,
  trunkingCommand,
} from './deploy/checks.ts';
import { formatCommand, runInteractively } from './deploy/program.ts';

await runTool(async () => {
  const args = parseDeployArguments(process.argv.slice(2));
  if (args === undefined) console.log(HELP);
  else if (args.dryRun) printDryRun(args);
  else await deploy(args);
});

async function deploy(args: DeployArguments): Promise<void> {
  const { stage, profile } = args;
  const report = (line: string) => console.log(`  ${line}`);
  console.log(`Checking stages/${stage}.json and the prerequisites of the deployment`);
  report(`Node.js ${process.versions.node}`);
  const settings = checkSettings(stage);
  checkPlaceholders(settings);
  report(`settings are valid, installation ${settings.installation}`);
  const { account, lines } = await checkAccount(settings, profile);
  for (const line of lines) report(line);
  report(await runBundler());

  const cdkArguments = toCdkArguments(args);
  console.log(formatCommand('cdk', cdkArguments));
  const code = await runInteractively('cdk', cdkArguments, {
    environment: { AWS_REGION: account.region },
    whenMissing: 'Run `npm ci`, then `npm run deploy`.',
  });
  if (code === undefined)
    throw new ToolError('cdk was ended by a signal. Run the command again to finish the deployment.');
  process.exitCode = code;
}

/** Prints the commands of a deployment. Reads only the settings. */
function printDryRun(args: DeployArguments): void {
  const settings = checkSettings(args.stage);
  const aws = new AwsCli({ profile: args.profile, region: settings.region });
  console.log('A deployment would run these commands, and the last two only if the first three succeed:');
  for (const command of [['sts', 'get-caller-identity'], bootstrapCommand, trunkingCommand]) {
    console.log(`  ${aws.format(command)}`);
  }
  console.log(`  ${formatCommand('node', bundleCommand)}\n  ${formatCommand('cdk', toCdkArguments(args))}`);
  try {
    checkPlaceholders(settings);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.log(`The deployment would fail: ${error.message}`);
  }
}

function toCdkArguments({
  stage,
  profile,
  requireApproval,
  cdkArguments,
}: DeployArguments): readonly string[] {
  return [
    'deploy',
    '--all',
    '-c',
    `stage=${stage}`,
    ...(requireApproval === undefined ? [] : ['--require-approval', requireApproval]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...cdkArguments,
  ];
}
