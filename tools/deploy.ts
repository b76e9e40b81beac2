/**
 * `npm run deploy -- --stage NAME`: looks whether everything is there that a deployment needs, then runs the CDK
 * command. `--help` says the rest.
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
  const given = parseDeployArguments(process.argv.slice(2));
  if (given === undefined) console.log(HELP);
  else if (given.dryRun) printDryRun(given);
  else await deploy(given);
});

async function deploy(given: DeployArguments): Promise<void> {
  const { stage, profile } = given;
  const found = (line: string) => console.log(`  ${line}`);
  console.log(`Before anything is changed: settings/${stage}.json and what it needs`);
  found(`Node.js ${process.versions.node}`);
  const settings = checkSettings(stage);
  checkPlaceholders(settings);
  found(`the settings are valid: installation ${settings.installation}`);
  const { account, lines } = await checkAccount(settings, profile);
  for (const line of lines) found(line);
  found(await runBundler());

  const args = toCdkArguments(given);
  console.log(formatCommand('cdk', args));
  const code = await runInteractively('cdk', args, {
    environment: { AWS_REGION: account.region },
    whenMissing: 'Run `npm ci`, and start this by `npm run deploy`.',
  });
  if (code === undefined)
    throw new ToolError('cdk was ended by a signal: run this again to finish what it began.');
  process.exitCode = code;
}

/** Says what a deployment would run; of this machine's files it reads the settings alone. */
function printDryRun(given: DeployArguments): void {
  const settings = checkSettings(given.stage);
  const aws = new AwsCli({ profile: given.profile, region: settings.region });
  console.log('These would be run, and the second half only when the first finds nothing missing:');
  for (const args of [['sts', 'get-caller-identity'], bootstrapCommand, trunkingCommand]) {
    console.log(`  ${aws.format(args)}`);
  }
  console.log(`  ${formatCommand('node', bundleCommand)}\n  ${formatCommand('cdk', toCdkArguments(given))}`);
  try {
    checkPlaceholders(settings);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.log(`It would be refused: ${error.message}`);
  }
}

function toCdkArguments({
  stage,
  profile,
  requireApproval,
  cdkArguments: further,
}: DeployArguments): readonly string[] {
  return [
    'deploy',
    '--all',
    '-c',
    `stage=${stage}`,
    ...(requireApproval === undefined ? [] : ['--require-approval', requireApproval]),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...further,
  ];
}
