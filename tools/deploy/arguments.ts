import { parseOptions, UsageError } from '../command-line.ts';

/** The values of CDK's --require-approval. */
const APPROVALS = ['never', 'any-change', 'broadening'];

/** A profile name of the AWS CLI. It cannot be mistaken for an option. */
const PROFILE = /^[\w.@+=,/][\w.@+=,/ -]{0,127}$/;

export interface DeployArguments {
  readonly stage: string;
  readonly profile: string | undefined;
  readonly requireApproval: string | undefined;
  readonly dryRun: boolean;
  /** Whether to repair stacks whose creation or update failed. */
  readonly repair: boolean;
  /** Whether all references between stacks are exports and imports. */
  readonly strongReferences: boolean;
  /** Whether to check an existing deployment instead of deploying. */
  readonly check: boolean;
  /** Passed to `cdk deploy` unchanged. */
  readonly cdkArguments: readonly string[];
}

export const DEPLOY_HELP = `npm run deploy -- --stage NAME [options] [-- further arguments of cdk deploy]

Deploys a stage to AWS: checks the prerequisites and the states of the stacks, then runs \`cdk deploy --all\`. Stacks that
do not exist yet are created without protection from deletion; a second \`cdk deploy --all\` turns it on.

  --stage NAME              the stage with the settings in stages/NAME.json
  --profile NAME            profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --require-approval WHEN   never, any-change or broadening: when CDK asks before it changes permissions (default CDK's)
  --repair                  deletes stacks whose first creation failed and continues rollbacks that failed, then deploys.
                            Without it the command says what it would do. Never deletes a stack that was once complete
  --strong-references       uses exports and imports for all references between stacks, instead of Fn::GetStackOutput;
                            use it for every deployment of an installation, or for none
  --check                   deploys nothing: checks the deployment in the account with one workbench of the user
                            deployment-check, which it deletes, and prints what passed, with the seconds of each status
  --dry-run                 prints the commands without running them
  --help

Arguments after a second \`--\` are passed to cdk deploy:

  npm run deploy -- --stage staging -- --outputs-file outputs.json

Exits with 1 if a check fails, with 2 if the arguments are invalid, otherwise with the exit code of CDK.
`;

const OPTIONS = {
  stage: { type: 'string' },
  profile: { type: 'string' },
  'require-approval': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  repair: { type: 'boolean', default: false },
  'strong-references': { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** CDK arguments that would deploy something else than what was checked, and what to use instead. */
const FORBIDDEN_CDK_ARGUMENTS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/^--profile(=|$)/, 'use --profile before the second `--`'],
  [/^--require-approval(=|$)/, 'use --require-approval before the second `--`'],
  [/^(-a|--app)(=|$)/, 'this command deploys the app of cdk.json'],
  [/^((-c|--context)=?)?stage=/, 'use --stage'],
  [/^((-c|--context)=?)?unprotected=/, 'this command sets it'],
  [
    /^(--no-execute|--execute=false|--method|-m)(=|$)/,
    'use `npx cdk deploy`, which does not continue with a second step',
  ],
];

/**
 * @returns Undefined for --help.
 * @throws UsageError
 */
export function parseDeployArguments(args: readonly string[]): DeployArguments | undefined {
  const end = args.indexOf('--');
  const ownArguments = end === -1 ? args : args.slice(0, end);
  const cdkArguments = end === -1 ? [] : args.slice(end + 1);
  const values = parseOptions(ownArguments, OPTIONS);
  if (values.help) return undefined;
  const { stage, profile, 'require-approval': requireApproval } = values;
  if (stage === undefined) throw new UsageError('--stage is required: the stage to deploy');
  if (requireApproval !== undefined && !APPROVALS.includes(requireApproval)) {
    throw new UsageError(
      `--require-approval: expected one of ${APPROVALS.join(', ')}; found ${requireApproval}`,
    );
  }
  if (values.check && (values['dry-run'] || values.repair || cdkArguments.length > 0)) {
    throw new UsageError('--check deploys nothing: use it without --dry-run, --repair and arguments for cdk');
  }
  for (const argument of cdkArguments) {
    const [, instead] = FORBIDDEN_CDK_ARGUMENTS.find(([pattern]) => pattern.test(argument)) ?? [];
    if (instead !== undefined) throw new UsageError(`${argument} cannot be passed to cdk: ${instead}`);
  }
  return {
    stage,
    profile: parseProfile(profile),
    requireApproval,
    dryRun: values['dry-run'],
    repair: values.repair,
    strongReferences: values['strong-references'],
    check: values.check,
    cdkArguments,
  };
}

/** @throws UsageError */
export function parseProfile(profile: string | undefined): string | undefined {
  if (profile !== undefined && !PROFILE.test(profile))
    throw new UsageError('--profile: not a valid profile name');
  return profile;
}
