import { INDEXES } from '#contract/table.ts';
import type { Permission } from './allow.ts';
import type { IndexName, PermissionContext } from './permission-context.ts';

/** Permissions on the table. Each function gets only those that its use case needs. */

export function readItem({ table }: PermissionContext, why = 'Reads a record.'): Permission {
  return { sid: 'ReadRecord', actions: ['dynamodb:GetItem'], resources: [table], why };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function readActivity({ table }: PermissionContext, why: string): Permission {
  return {
    sid: 'ReadActivity',
    actions: ['dynamodb:BatchGetItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['activity#*'] },
      // ForAllValues is also true for a request without the key.
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why,
  };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function writeActivity({ table }: PermissionContext, why: string): Permission {
  return {
    sid: 'WriteActivity',
    actions: ['dynamodb:UpdateItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['activity#*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why,
  };
}

/** Finds the right of a user who does not own the workbench. Limited by the partition keys. */
export function readShares(context: PermissionContext): readonly Permission[] {
  return [
    {
      sid: 'ReadShares',
      actions: ['dynamodb:BatchGetItem'],
      resources: [context.table],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['share#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
      why: 'Reads what a workbench of another user is shared for.',
    },
    findRecords(
      context,
      'byWorkbench',
      'Finds the owner of a workbench for an administrator, and after the workbench was given to another owner.',
    ),
  ];
}

/** Writes or deletes shares and links. Limited by the partition keys. */
export function changeShares(
  { table }: PermissionContext,
  action: 'dynamodb:PutItem' | 'dynamodb:DeleteItem',
  why: string,
): Permission {
  return {
    sid: 'ChangeShares',
    actions: [action],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['share#*', 'grantee#*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why,
  };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function createTickets({ table }: PermissionContext, why: string): Permission {
  return {
    sid: 'CreateTickets',
    actions: ['dynamodb:PutItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ticket#*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why,
  };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function recordAudit({ table }: PermissionContext): Permission {
  return {
    sid: 'RecordAudit',
    actions: ['dynamodb:PutItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit-*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why: 'Stores audit events of refusals, and of acts for other users.',
  };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function listAudit({ table }: PermissionContext): Permission {
  return {
    sid: 'ListAudit',
    actions: ['dynamodb:Query'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['audit-*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why: 'Lists audit events.',
  };
}

/** Limited by the partition keys, so that the permission does not cover the records. */
export function readUserQuota({ table }: PermissionContext): Permission {
  return {
    sid: 'ReadQuota',
    actions: ['dynamodb:BatchGetItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['quota-*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why: 'Reads the limits of a user, and what the workbenches of this user hold.',
  };
}

/** Limited by the partition keys, so that the permission does not cover the ledgers. */
export function writeQuotaLimits({ table }: PermissionContext): Permission {
  return {
    sid: 'WriteQuotaLimits',
    actions: ['dynamodb:PutItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringLike': {
        'dynamodb:LeadingKeys': ['quota-installation', 'quota-group#*', 'quota-user#*'],
      },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why: 'Stores the limits of a scope.',
  };
}

/** Limited by the partition key, so that the permission does not cover the records. */
export function requestSweeps({ table }: PermissionContext): Permission {
  return {
    sid: 'RequestSweeps',
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['system#sweep-request'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why: 'Stores which sweep an operator has started, and removes this if the sweep cannot begin.',
  };
}

export function removeDrains({ table }: PermissionContext, why: string): Permission {
  return {
    sid: 'RemoveDrains',
    actions: ['dynamodb:DeleteItem'],
    resources: [table],
    conditions: {
      'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['system#drains'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    },
    why,
  };
}

export function listRecords({ table }: PermissionContext, why: string): Permission {
  return { sid: 'ListRecords', actions: ['dynamodb:Query'], resources: [table], why };
}

export function findRecords({ table }: PermissionContext, index: IndexName, why: string): Permission {
  return {
    // A policy may have one for each index.
    sid: `FindRecords${index.slice(0, 1).toUpperCase()}${index.slice(1)}`,
    actions: ['dynamodb:Query'],
    resources: [`${table}/index/${INDEXES[index].name}`],
    why,
  };
}

/** Covers the conditional write of a record, and the history, whose oldest entries are deleted. */
export function changeRecord(
  { table }: PermissionContext,
  why = 'Reads a record and writes it if its revision is unchanged. Writes its history and deletes the oldest entries.',
): Permission {
  return {
    sid: 'ChangeRecord',
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    resources: [table],
    why,
  };
}

export function checkClaim({ table }: PermissionContext): Permission {
  return {
    sid: 'CheckClaim',
    actions: ['dynamodb:ConditionCheckItem'],
    resources: [table],
    why: 'Writes the record only while its idempotency key is open, in one transaction.',
  };
}

export function putItem({ table }: PermissionContext, why: string): Permission {
  return { sid: 'PutItem', actions: ['dynamodb:PutItem'], resources: [table], why };
}

export function postponeRecord({ table }: PermissionContext, why: string): Permission {
  return { sid: 'PostponeRecord', actions: ['dynamodb:UpdateItem'], resources: [table], why };
}
