import { INDEXES } from '#contract/table.ts';
import type { Permission } from './allow.ts';
import { imagePullPermissions } from './ecs-roles.ts';

/** What the tasks of the gate use. Values are ARNs. */
export interface GateResources {
  readonly table: string;
  /** Each secret, with the key that encrypts it if it is not the key of AWS. */
  readonly secrets: readonly { readonly secret: string; readonly key?: string | undefined }[];
}

/** Limits a call to items whose partition key begins like this. */
function itemsOf(...prefixes: readonly string[]) {
  return {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}*`) },
    // Without it a request that has no key would pass `ForAllValues`.
    Null: { 'dynamodb:LeadingKeys': 'false' },
  };
}

/** The permissions of the gate's tasks. They change no record of a workbench. */
export function gatePermissions({ table, secrets }: GateResources): readonly Permission[] {
  const keys = secrets.flatMap(({ secret, key }) => (key === undefined ? [] : [{ secret, key }]));
  return [
    {
      sid: 'FindWorkbench',
      actions: ['dynamodb:Query'],
      resources: [`${table}/index/${INDEXES.byWorkbench.name}`],
      why: 'Finds the owner of the workbench whose host was requested.',
    },
    {
      sid: 'ReadRecords',
      actions: ['dynamodb:GetItem'],
      resources: [table],
      conditions: itemsOf('user#', 'cutoff#', 'ticket#'),
      why: 'Reads the record of the workbench, when the sessions of a user were ended, and the ticket of a link.',
    },
    {
      sid: 'ReadShares',
      actions: ['dynamodb:Query'],
      resources: [table],
      conditions: itemsOf('share#'),
      why: 'Reads with whom the workbench is shared.',
    },
    {
      sid: 'ReadStartTimes',
      actions: ['dynamodb:Query'],
      resources: [table],
      conditions: itemsOf('system#start-times'),
      why: 'Shows on the page of a start how long such starts usually take.',
    },
    {
      sid: 'UseTickets',
      actions: ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
      resources: [table],
      conditions: itemsOf('ticket#'),
      why: 'Creates a ticket after a sign-in, and uses up the ticket of a request.',
    },
    {
      sid: 'RecordAudit',
      actions: ['dynamodb:PutItem'],
      resources: [table],
      conditions: itemsOf('audit-'),
      why: 'Stores audit events of openings, refusals and failed sign-ins.',
    },
    {
      sid: 'RecordActivity',
      actions: ['dynamodb:UpdateItem'],
      resources: [table],
      conditions: itemsOf('activity#', 'cutoff#'),
      why: 'Notes when a workbench was last used, and ends sessions at a sign-out.',
    },
    {
      sid: 'ReadActivity',
      actions: ['dynamodb:BatchGetItem'],
      resources: [table],
      conditions: itemsOf('activity#'),
      why: 'Shows the notice of an idle stop only until the workbench is used again.',
    },
    {
      sid: 'ReadSecrets',
      actions: ['secretsmanager:GetSecretValue'],
      resources: secrets.map(({ secret }) => secret),
      why: 'Reads the keys that seal sessions, the key of the API, the keys with which the controller asks it, and the secret of its client at the issuer.',
    },
    ...(keys.length === 0
      ? []
      : [
          {
            sid: 'DecryptSecrets',
            actions: ['kms:Decrypt'],
            resources: [...new Set(keys.map(({ key }) => key))],
            conditions: {
              StringEquals: { 'kms:EncryptionContext:SecretARN': keys.map(({ secret }) => secret) },
            },
            why: 'Secrets Manager decrypts a secret with the permissions of its reader.',
          },
        ]),
  ];
}

/** The permissions with which ECS starts the tasks of the gate. */
export function gateExecutionPermissions(repositoryArn: string, logGroupArn: string): readonly Permission[] {
  return [
    ...imagePullPermissions(repositoryArn),
    {
      sid: 'WriteGateLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroupArn],
      why: 'Writes the log of the gate, which also contains its metrics.',
    },
  ];
}
