import * as z from 'zod/mini';
import { backupVaultNameOf, PARTS, type Part } from '#lib/deployment-names.ts';
import type { StageSettings } from '#lib/settings/stage.ts';
import { ToolError } from '../command-line.ts';
import type { AwsCli } from './aws-cli.ts';

export interface StackState {
  readonly part: Part;
  readonly name: string;
  /** CloudFormation's status, for example `ROLLBACK_COMPLETE`. */
  readonly status: string;
  readonly reason: string | undefined;
}

const stacksSchema = z.array(
  z.object({ name: z.string(), status: z.string(), reason: z.nullish(z.string()) }),
);

/** Returns the command that lists the stacks of an installation. */
export function stacksCommand(installation: string): readonly string[] {
  const ofInstallation = `Stacks[?starts_with(StackName, '${installation}-')]`;
  const fields = '{name:StackName,status:StackStatus,reason:StackStatusReason}';
  return ['cloudformation', 'describe-stacks', '--query', `${ofInstallation}.${fields}`];
}

/**
 * Returns the states of the existing stacks, in the order of PARTS.
 * @throws ToolError
 */
export async function readStacks(aws: AwsCli, installation: string): Promise<readonly StackState[]> {
  const stacks = await aws.query(
    stacksSchema,
    stacksCommand(installation),
    'The deployment needs the states of the stacks. The credentials must allow cloudformation:DescribeStacks.',
  );
  return PARTS.flatMap((part) => {
    const stack = stacks.find(({ name }) => name === `${installation}-${part}`);
    return stack === undefined
      ? []
      : [{ part, name: stack.name, status: stack.status, reason: stack.reason ?? undefined }];
  });
}

/** What is wrong with a stack, and what a repair does about it. */
export interface StackProblem {
  readonly stack: StackState;
  readonly problem: string;
  readonly repair: 'delete' | 'continue-rollback' | undefined;
  /** What the operator or the repair does. */
  readonly remedy: string;
}

const DELETE_REMEDY =
  'deletes the stack: it was never complete, so it contains neither records nor files of users. A table, file systems or a backup vault that remain are empty; delete them by hand';

/** A status that a deployment cannot continue from. Every other status is fine. */
const PROBLEMS: readonly (readonly [status: RegExp, problem: Omit<StackProblem, 'stack'>])[] = [
  [
    /^(ROLLBACK_COMPLETE|CREATE_FAILED)$/,
    { problem: 'its first creation failed', repair: 'delete', remedy: DELETE_REMEDY },
  ],
  [
    /^ROLLBACK_FAILED$/,
    {
      problem: 'its first creation failed, and so did the deletion of what it had created',
      repair: 'delete',
      remedy: `turns off the deletion protection of its table, then ${DELETE_REMEDY}`,
    },
  ],
  [
    /^UPDATE_ROLLBACK_FAILED$/,
    {
      problem: 'an update failed, and so did its rollback',
      repair: 'continue-rollback',
      remedy: 'continues the rollback to the last complete version',
    },
  ],
  [
    /^DELETE_FAILED$/,
    {
      problem: 'its deletion failed',
      repair: undefined,
      remedy:
        'Delete what holds it, then delete the stack again; docs/operations.md, "Tearing down", says how.',
    },
  ],
  [
    /^(UPDATE_FAILED|IMPORT_ROLLBACK_FAILED)$/,
    {
      problem: 'an update failed and was not rolled back',
      repair: undefined,
      remedy: 'Roll it back: `aws cloudformation rollback-stack`.',
    },
  ],
  [
    // CDK leaves REVIEW_IN_PROGRESS if permissions were not approved. It is an empty stack and does no harm.
    /^(?!REVIEW_).*_IN_PROGRESS$/,
    {
      problem: 'CloudFormation has not finished the last operation',
      repair: undefined,
      remedy: 'Wait for its end in the CloudFormation console, then run this command again.',
    },
  ],
];

/** Returns the stacks that a deployment cannot continue from. Later parts come first, which is the order of repairs. */
export function findProblems(stacks: readonly StackState[]): readonly StackProblem[] {
  return stacks
    .flatMap((stack) => {
      const [, found] = PROBLEMS.find(([status]) => status.test(stack.status)) ?? [];
      return found === undefined ? [] : [{ stack, ...found }];
    })
    .reverse();
}

/** The settings of parts that a stage may not have. */
type OptionalParts = Pick<StageSettings, 'auditExport' | 'console' | 'eventBus' | 'gateway'>;

/** Returns the parts of the stage that do not exist. An empty stack under review counts as missing. */
export function findMissingParts(stacks: readonly StackState[], settings: OptionalParts): readonly Part[] {
  const existing = stacks.filter(({ status }) => status !== 'REVIEW_IN_PROGRESS').map(({ part }) => part);
  return listParts(settings).filter((part) => !existing.includes(part));
}

/** Returns the parts of the stage, in the order of PARTS. */
export function listParts({ auditExport, console, eventBus, gateway }: OptionalParts): readonly Part[] {
  const optional: Partial<Record<Part, unknown>> = { audit: auditExport, console, events: eventBus, gateway };
  return PARTS.filter((part) => optional[part] !== 'none');
}

/** Describes a problem in one or two lines. */
export async function describeStackProblem(
  aws: AwsCli,
  { stack, problem, repair, remedy }: StackProblem,
): Promise<string> {
  const reason = stack.reason === undefined ? '' : ` (${stack.reason.trim()})`;
  const held = stack.status === 'DELETE_FAILED' ? await describeRemaining(aws, stack) : '';
  const what = repair === undefined ? remedy : `--repair ${remedy}.`;
  return `${stack.name} is ${stack.status}: ${problem}${reason}.${held}\n    ${what}`;
}

/** Names the resources that CloudFormation could not delete. */
async function describeRemaining(aws: AwsCli, { name }: StackState): Promise<string> {
  const remaining = await listResources(
    aws,
    name,
    "?ResourceStatus=='DELETE_FAILED'].join(': ', [LogicalResourceId, ResourceStatusReason || 'no reason'])",
    'This command lists the resources that hold the stack.',
  );
  return remaining.map((line) => `\n    ${line}`).join('');
}

/**
 * Returns one text for each resource that the query selects, from all pages.
 * @param query JMESPath, after the opening bracket of the list
 */
function listResources(
  aws: AwsCli,
  stack: string,
  query: string,
  advice: string,
): Promise<readonly string[]> {
  const listing = ['cloudformation', 'list-stack-resources', '--stack-name', stack];
  return aws.query(z.array(z.string()), [...listing, '--query', `StackResourceSummaries[${query}`], advice);
}

/** The deletion of a stack with a VPC and file systems takes minutes. `aws cloudformation wait` ends after an hour. */
const WAIT_TIMEOUT_MS = 70 * 60_000;

/**
 * Repairs a stack and waits for the end.
 * @throws ToolError If the stack was once complete, or if a command fails.
 */
export async function repairStack(
  aws: AwsCli,
  { stack: { name }, repair }: StackProblem,
  report: (line: string) => void,
): Promise<void> {
  const run = (...args: readonly string[]) =>
    aws.run(['cloudformation', ...args, '--stack-name', name], `${name} was not repaired.`, WAIT_TIMEOUT_MS);
  if (repair === 'continue-rollback') {
    report(`continuing the rollback of ${name}`);
    await run('continue-update-rollback');
    await run('wait', 'stack-rollback-complete');
  }
  if (repair === 'delete') {
    await checkNeverComplete(aws, name);
    await turnOffTableProtection(aws, name, report);
    report(`deleting ${name}`);
    await run('update-termination-protection', '--no-enable-termination-protection');
    await run('delete-stack');
    await run('wait', 'stack-delete-complete');
  }
}

/** The status alone says it. This also reads the events, because a deletion cannot be undone. */
async function checkNeverComplete(aws: AwsCli, name: string): Promise<void> {
  const statuses = await aws.query(
    z.array(z.string()),
    [
      'cloudformation',
      'describe-stack-events',
      '--stack-name',
      name,
      '--query',
      'StackEvents[?PhysicalResourceId==StackId].ResourceStatus',
    ],
    `${name} was not repaired, because its events could not be read.`,
  );
  const complete = statuses.find((status) => /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status));
  if (complete === undefined) return;
  throw new ToolError(
    `${name} was complete once (${complete}), so this command does not delete it. The CloudFormation console shows its events.`,
  );
}

/** A table that remains after the deletion of its stack must not be protected, so that operators can delete it. */
async function turnOffTableProtection(
  aws: AwsCli,
  name: string,
  report: (line: string) => void,
): Promise<void> {
  const tables = await listResources(
    aws,
    name,
    "?ResourceType=='AWS::DynamoDB::GlobalTable' && ResourceStatus!='DELETE_COMPLETE' && PhysicalResourceId].PhysicalResourceId",
    `${name} was not repaired, because its resources could not be listed.`,
  );
  for (const table of tables) {
    report(`turning off the deletion protection of ${table}, which has no records`);
    await aws.run(
      ['dynamodb', 'update-table', '--table-name', table, '--no-deletion-protection-enabled'],
      `${name} was not repaired.`,
    );
  }
}

/**
 * Checks the backup vault before the stack `data` is created. A vault stays when its stack is deleted.
 * @throws ToolError If a new vault would collide with it, or if the one in the settings does not exist.
 */
export async function checkBackupVault(
  aws: AwsCli,
  { installation, storage: { existingBackupVault }, stage }: StageSettings,
): Promise<void> {
  const name = existingBackupVault ?? backupVaultNameOf(installation);
  const found = await aws.query(
    z.array(z.string()),
    [
      'backup',
      'list-backup-vaults',
      '--query',
      `BackupVaultList[?BackupVaultName=='${name}'].BackupVaultName`,
    ],
    'This command checks whether the backup vault of an earlier installation exists.',
  );
  if (existingBackupVault !== undefined && found.length === 0) {
    throw new ToolError(
      `The backup vault ${name} does not exist in this account and region. Remove \`storage.existingBackupVault\` from stages/${stage}.json, or correct it.`,
    );
  }
  if (existingBackupVault === undefined && found.length > 0) {
    throw new ToolError(
      `The backup vault ${name} of an earlier installation exists, and a new one cannot have its name. To use it and its backups, add \`"existingBackupVault": "${name}"\` to \`storage\` in stages/${stage}.json. Or delete it, if it is empty: ${aws.format(['backup', 'delete-backup-vault', '--backup-vault-name', name])}`,
    );
  }
}

const ECS_ROLE = 'AWSServiceRoleForECS';
const createRoleCommand = ['iam', 'create-service-linked-role', '--aws-service-name', 'ecs.amazonaws.com'];

/**
 * Creates the service-linked role of ECS if the account has none, and says so. Otherwise the first cluster of an account
 * creates it, and capacity providers that are created at the same time may fail. A failure does not stop the deployment.
 */
export async function ensureServiceLinkedRole(aws: AwsCli): Promise<string> {
  const command = [
    'iam',
    'get-role',
    '--role-name',
    ECS_ROLE,
    '--query',
    'Role.RoleName',
    '--output',
    'text',
  ];
  if ((await aws.readLine(command)) !== undefined) return `service-linked role ${ECS_ROLE} exists`;
  try {
    await aws.run(createRoleCommand, 'The first cluster creates it.');
    return `service-linked role ${ECS_ROLE} created in this account`;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    // IAM refuses a second one with these words.
    if (/has been taken/.test(error.message)) return `service-linked role ${ECS_ROLE} exists`;
    return `service-linked role ${ECS_ROLE} could not be created: ${error.message.replaceAll('\n', ' ')}`;
  }
}
