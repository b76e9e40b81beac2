/**
 * `npm run deploy -- --stage NAME`: looks whether everything is there that a deployment needs, then runs the CDK
 * command. `--help` says the rest.
 */

import { Problem, runTool } from './command-line.ts';
import { bootstrapCommand, trunkingCommand } from './deploy/account-checks.ts';
import { type DeployArguments, deployArguments, HELP } from './deploy/arguments.ts';
import { AwsCli } from './deploy/aws-cli.ts';
import { bundle, bundleCommand, checkAccount, checkPlaceholders, checkSettings } from './deploy/checks.ts';
import { onTerminal, typed } from './deploy/program.ts';

await runTool(async () => {
  const given = deployArguments(process.argv.slice(2));
  if (given === undefined) console.log(HELP);
  else if (given.dryRun) rehearse(given);
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
  found(await bundle());

  const args = cdkArguments(given);
  console.log(typed('cdk', args));
  const code = await onTerminal('cdk', args, {
    environment: { AWS_REGION: account.region },
    whenMissing: 'Run `npm ci`, and start this by `npm run deploy`.',
  });
  if (code === undefined)
    throw new Problem('cdk was ended by a signal: run this again to finish what it began.');
  process.exitCode = code;
}

/** Says what a deployment would run; of this machine's files it reads the settings alone. */
function rehearse(given: DeployArguments): void {
  const settings = checkSettings(given.stage);
  const aws = new AwsCli({ profile: given.profile, region: settings.region });
  console.log('These would be run, and the second half only when the first finds nothing missing:');
  for (const args of [['sts', 'get-caller-identity'], bootstrapCommand, trunkingCommand]) {
    console.log(`  ${aws.typed(args)}`);
  }
  console.log(`  ${typed('node', bundleCommand)}\n  ${typed('cdk', cdkArguments(given))}`);
  try {
    checkPlaceholders(settings);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`It would be refused: ${error.message}`);
  }
}

function cdkArguments({ stage, profile, requireApproval, further }: DeployArguments): readonly string[] {
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
