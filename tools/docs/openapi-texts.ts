import type { OperationId } from '#contract/routes.ts';
import type { ErrorCode } from '#core/errors.ts';

export const INTRODUCTION = `Manages browser workbenches: creates, lists, reads, starts, stops and deletes the workbenches of each user of a platform.

Successful responses are \`{"success": true, "item" | "items"}\`. A field that does not apply is left out, never null. Times are ISO 8601 in UTC.

Errors of the controller are \`{"success": false, "error": {"code", "message", "reason"?, "fields"?, "quota"?}}\` with a stable code. \`fields\` contains every invalid field. Responses that API Gateway sends without calling a function (400 for a malformed address, 401, 403, 404 for an unknown path, 413 over 10 MB, 429, 5xx) have the body \`{"message": "…"}\`. Local mode sends the same responses.

Authorization: the static key, and HS256 tokens without a user claim, give access in the name of any user and require \`user_id\`. A token with a user claim gives access in the name of that user, and \`user_id\` is optional; with the admin scope it gives access in the name of any user. An OpenID Connect token without a user claim is accepted only if its client is a configured service. The \`nbf\` and \`iat\` of a token may be 5 s in the future, its \`exp\` has no tolerance, and its \`typ\` is absent, \`JWT\` or \`at+jwt\`. A request for another user's workbench that is not shared gets the same response as a request for an unknown workbench.

After you create or start a workbench, poll it until its status is \`running\`. \`Retry-After\` contains the interval.`;

/** What each error code means. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  invalid_request: 'The request is invalid; `fields` names each invalid field.',
  forbidden:
    '`reason` is `user_mismatch`, `no_user_claim`, `token_expired`, `admin_required`, `not_authorized`, `role_insufficient` or `organisation_shares_off`.',
  quota_exceeded:
    'A limit of the user would be exceeded: `reason` names it, and `quota` has the figures. Nothing was changed.',
  machine_not_found: 'There is no such machine.',
  link_not_found:
    'The link gives nothing. `reason` is `link_unknown` (also for a revoked link), `link_expired` or `link_used_up`.',
  draining: 'Only in local mode: an operator empties the computer, so that no workbench starts.',
  workbench_not_found:
    'The workbench does not exist, or belongs to another user and is not shared with this one.',
  not_stopped: 'CPU, memory and GPUs can be changed only while the workbench is stopped.',
  not_deleted: 'The workbench is not deleted, so that it cannot be restored.',
  not_running: 'Only a running workbench can be extended, and has activity.',
  deleting:
    'The workbench is being deleted. With the reason `too_late_to_restore`: the time in which it could be restored has passed.',
  idempotency_conflict: 'This Idempotency-Key was used with another body.',
  workbench_deleted: 'The workbench that was created with this Idempotency-Key has been deleted.',
  payload_too_large: 'The body is larger than 64 KiB.',
  unsupported_media_type: 'The body is not JSON.',
  cannot_fit: 'No configured capacity is large enough. The message contains the largest sizes that fit.',
  too_many_requests:
    'The rate limit of all callers is exceeded, or a limit of the user, if the operator has set one: then `reason` is `start_rate`, `share_limit` or `link_limit`. Try again after `Retry-After`.',
  internal: 'An internal error occurred. The message contains the request id.',
  unavailable:
    'A service that the controller depends on is not available, or, with the reason `no_space`, the controller has no space to store what was sent, or, with `audit_unavailable`, a change of rights could not be recorded and was not made. Try again after `Retry-After`.',
};

export const GATEWAY_MEANING = 'A response of API Gateway itself contains only `message`.';

/** An example of a response with the first of these codes; without a code, of a response of API Gateway. */
export function errorExample([code]: readonly ErrorCode[]): unknown {
  if (code === undefined) return { message: 'Unauthorized' };
  return { success: false, error: { code, ...ERROR_EXAMPLES[code] } };
}

const ERROR_EXAMPLES: Readonly<Record<ErrorCode, Readonly<Record<string, unknown>>>> = {
  invalid_request: {
    message: 'The request is invalid: see requested_cpu, colour.',
    fields: { requested_cpu: 'a whole number from 128 to 196608', colour: 'no field of this request' },
  },
  forbidden: { message: 'The token is for another user.', reason: 'user_mismatch' },
  quota_exceeded: {
    message:
      'The limit is 2 running workbenches; 2 are used, and the request needs 1 more. Stop a workbench and wait until it has stopped, or ask an administrator for a higher limit.',
    reason: 'running',
    quota: {
      limit: 2,
      used: 2,
      requested: 1,
      scope: 'group:research',
      unit: 'workbenches',
      resets_at: null,
    },
  },
  machine_not_found: { message: 'There is no such machine. See GET /machines.' },
  link_not_found: {
    message: 'The link has expired. Ask its owner for another one.',
    reason: 'link_expired',
  },
  draining: {
    message: 'No workbench starts at the moment: an operator empties this computer. Try again later.',
  },
  workbench_not_found: { message: 'There is no such workbench.' },
  not_stopped: { message: 'The workbench must be stopped first.' },
  not_running: { message: 'The workbench is not running. Start it first.' },
  not_deleted: { message: 'The workbench is not deleted, so that there is nothing to restore.' },
  deleting: { message: 'The workbench is being deleted.' },
  idempotency_conflict: { message: 'This Idempotency-Key was used with another body.' },
  workbench_deleted: {
    message:
      'The workbench that was created with this Idempotency-Key has been deleted or has another owner. Use a new key.',
  },
  payload_too_large: { message: 'The body is larger than 64 KiB.' },
  unsupported_media_type: { message: 'The body must be sent as application/json.' },
  cannot_fit: {
    message:
      'No capacity is large enough for 8192 CPU units, 2048 MiB of memory and no GPU. Largest sizes: 2048 CPU units, 4096 MiB of memory and no GPU.',
  },
  too_many_requests: {
    message: 'The user may start 10 workbenches a minute. Try again in 42 s.',
    reason: 'start_rate',
  },
  internal: { message: 'An internal error occurred. Report it with the request id 4c9f6a3e.' },
  unavailable: { message: 'A service that the controller depends on is not available. Try again.' },
};

const EXAMPLE_SHARE = {
  grantee: 'user:abc',
  role: 'use',
  expires_at: '2030-02-01T09:00:00.000Z',
  shared_by: 'xyz',
  shared_at: '2030-01-01T09:00:00.000Z',
};

const EXAMPLE_LINK = {
  link_id: '7h2k9qz4v8x1m3np',
  role: 'use',
  expires_at: '2030-02-01T09:00:00.000Z',
  redeemable_until: '2030-02-01T09:00:00.000Z',
  uses: 5,
  uses_left: 4,
  created_by: 'xyz',
  created_at: '2030-01-01T09:00:00.000Z',
};
const EXAMPLE_CODE =
  '01k5w3p8xg7t2mzq4v9r6ehbnc.7h2k9qz4v8x1m3np.hWvYb1pMOkfXjkqCwHgQW3a9vC1yq0Zxv5Xw2mV9s3E';
const EXAMPLE_FOUND_LINK = {
  workbench_id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  workbench_name: 'AutoCyber',
  owner_id: 'xyz',
  shared_by: 'xyz',
  role: 'use',
  expires_at: '2030-02-01T09:00:00.000Z',
  gives: true,
  public_endpoint: 'https://01k5w3p8xg7t2mzq4v9r6ehbnc.cloud.example.com/',
};

const EXAMPLE_ITEM = {
  user_id: 'xyz',
  workbench_id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
  workbench_name: 'AutoCyber',
  status: 'running',
  desired_status: 'running',
  public_endpoint: 'https://cloud.example.com/project/01k5w3p8xg7t2mzq4v9r6ehbnc',
  requested_cpu: 1024,
  requested_memory: 2048,
  requested_gpu: 0,
  on_interruption: 'stop',
  created_at: '2030-01-01T09:00:00.000Z',
  started_at: '2030-01-01T09:00:00.000Z',
  ready_at: '2030-01-01T09:00:42.000Z',
  updated_at: '2030-01-01T09:00:42.000Z',
};

const { ready_at: _ready, ...NEW } = EXAMPLE_ITEM;
const EXAMPLE_STARTING_ITEM = {
  ...NEW,
  status: 'starting',
  status_detail: 'volume',
  updated_at: EXAMPLE_ITEM.created_at,
};

const STOPPED_ITEM = {
  ...EXAMPLE_ITEM,
  status: 'stopped',
  desired_status: 'stopped',
  stopped_at: '2030-01-01T10:00:00.000Z',
  updated_at: '2030-01-01T10:00:00.000Z',
};

const REQUEST_EXAMPLES: Partial<Record<OperationId, unknown>> = {
  setQuota: { running: 2, gpus: null },
  createWorkbench: { workbench_name: 'AutoCyber', requested_memory: 2048, requested_cpu: 1024 },
  updateWorkbench: { workbench_name: 'AutoCyber 2', labels: { team: 'research' } },
  extendWorkbench: { minutes: 60 },
  reportActivity: {
    last_activity: '2030-01-01T10:30:00Z',
    kinds: ['ide'],
    keepalive_until: '2030-01-01T14:00:00Z',
    reason: 'training, epoch 3 of 10',
  },
  openWorkbench: { path: '/lab' },
  setShare: { role: 'use', expires_at: '2030-02-01T09:00:00Z' },
  createShareLink: { role: 'use', expires_at: '2030-02-01T09:00:00Z', uses: 5 },
  previewShareLink: { code: EXAMPLE_CODE },
  redeemShareLink: { code: EXAMPLE_CODE },
  startSweep: { sweep: 'tasks' },
  drainMachine: { by: '2030-01-01T18:00:00Z' },
  changeOwner: { owner: 'abc' },
};

const EXAMPLE_SUCCESS = { success: true };

const EXAMPLE_SCOPE = {
  success: true,
  item: { scope: 'group:research', limits: { running: 2, gpus: null } },
};

/** Absent for a response without a body. */
const RESPONSE_EXAMPLES: Readonly<Record<Exclude<OperationId, 'reportActivity'>, unknown>> = {
  listWorkbenches: { success: true, items: [EXAMPLE_ITEM] },
  createWorkbench: { success: true, item: EXAMPLE_STARTING_ITEM },
  getWorkbench: { success: true, item: EXAMPLE_ITEM },
  updateWorkbench: {
    success: true,
    item: { ...EXAMPLE_ITEM, workbench_name: 'AutoCyber 2', labels: { team: 'research' } },
  },
  deleteWorkbench: { success: true, restorable_until: '2030-01-08T10:00:00.000Z' },
  restoreWorkbench: { success: true, item: STOPPED_ITEM },
  startWorkbench: EXAMPLE_SUCCESS,
  stopWorkbench: EXAMPLE_SUCCESS,
  restartWorkbench: EXAMPLE_SUCCESS,
  extendWorkbench: {
    success: true,
    item: { ...EXAMPLE_ITEM, keepalive_until: '2030-01-01T12:00:00.000Z' },
  },
  openWorkbench: {
    success: true,
    url: 'https://01k5w3p8xg7t2mzq4v9r6ehbnc.cloud.example.com/.wb/enter?t=hWvYb1pMOkfXjkqCwHgQW3a9vC1yq0Zxv5Xw2mV9s3E&p=%2Flab',
    expires_at: '2030-01-01T09:01:00.000Z',
  },
  changeOwner: {
    success: true,
    item: { ...STOPPED_ITEM, offered_to: 'abc', offer_expires_at: '2030-01-08T10:00:00.000Z' },
  },
  withdrawOffer: EXAMPLE_SUCCESS,
  acceptOwner: { success: true, item: { ...STOPPED_ITEM, user_id: 'abc' } },
  listHistory: {
    success: true,
    items: [
      { seq: 2, time: EXAMPLE_ITEM.ready_at, type: 'status_changed', from: 'pending', to: 'running' },
      { seq: 1, time: EXAMPLE_ITEM.created_at, type: 'created', requested_by: 'xyz', to: 'starting' },
    ],
  },
  listReports: {
    success: true,
    items: [
      {
        sweep: 'tasks',
        started_at: '2030-01-01T09:10:00.000Z',
        ended_at: '2030-01-01T09:10:02.000Z',
        checked: 214,
        repaired: 0,
        deleted: 1,
        quarantined: 0,
        waiting: 0,
        failed: 0,
        deletion_limit_exceeded: false,
        findings: [
          {
            id: 'arn:aws:ecs:eu-central-1:111122223333:task/workbenches/0f1e2d3c4b5a',
            result: 'deleted',
            reason: 'Its workbench 01k5w3p8xg7t2mzq4v9r6ehbnc no longer exists.',
            repair: 'orphan_task',
          },
        ],
      },
    ],
  },
  listShares: { success: true, items: [EXAMPLE_SHARE] },
  setShare: { success: true, item: EXAMPLE_SHARE },
  deleteShare: EXAMPLE_SUCCESS,
  listShareLinks: { success: true, items: [EXAMPLE_LINK] },
  createShareLink: {
    success: true,
    item: {
      ...EXAMPLE_LINK,
      code: EXAMPLE_CODE,
      url: `https://example-workbenches.com/.wb/share#${EXAMPLE_CODE}`,
    },
  },
  deleteShareLink: EXAMPLE_SUCCESS,
  previewShareLink: { success: true, item: EXAMPLE_FOUND_LINK },
  redeemShareLink: { success: true, item: EXAMPLE_FOUND_LINK },
  startSweep: { success: true, item: { sweep: 'tasks', requested_at: '2030-01-01T09:10:00.000Z' } },
  listMachines: {
    success: true,
    items: [
      {
        machine_id: 'i-0123456789abcdef0',
        provider: 'standard',
        instance_type: 'm6i.2xlarge',
        state: 'active',
        agent: { connected: true, version: '1.106.1', outdated: false },
        registered_at: '2030-01-01T08:00:00.000Z',
        capacity: { cpu: 8192, memory: 31_000, gpu: 0, interfaces: 38 },
        free: { cpu: 7168, memory: 28_952, gpu: 0, interfaces: 37 },
        workbenches: [
          {
            workbench_id: EXAMPLE_ITEM.workbench_id,
            user_id: 'xyz',
            workbench_name: 'AutoCyber',
            status: 'running',
          },
        ],
      },
    ],
    complete: true,
    read_at: '2030-01-01T09:05:00.000Z',
  },
  drainMachine: {
    success: true,
    item: {
      machine_id: 'i-0123456789abcdef0',
      since: '2030-01-01T09:00:00.000Z',
      until: '2030-01-01T18:00:00.000Z',
      requested_by: 'ops',
    },
  },
  cancelDrain: EXAMPLE_SUCCESS,
  listProviders: {
    success: true,
    items: [
      {
        name: 'standard',
        kind: 'shared',
        capacity: { cpu: 8192, memory: 31_000, gpu: 0, interfaces: 38 },
        price_usd_per_hour: 0.384,
        default_workbench: { share: 0.125, price_usd_per_hour: 0.048 },
        free: { cpu: 7168, memory: 28_952, gpu: 0, interfaces: 37, instances: 1, default_workbenches: 7 },
      },
    ],
  },
  listAudit: {
    success: true,
    items: [
      {
        id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
        at: '2030-01-01T09:05:00.000Z',
        action: 'stop_workbench',
        outcome: 'allowed',
        actor: { kind: 'user', id: 'root' },
        on_behalf_of: 'xyz',
        workbench_id: EXAMPLE_ITEM.workbench_id,
        owner_id: 'xyz',
        request_id: 'JKJaXmPLvHcESHA=',
      },
    ],
  },
  listLogs: {
    success: true,
    items: [{ at: '2030-01-01T09:00:40.000Z', text: 'HTTP server listening on http://0.0.0.0:8080/' }],
    task_id: '0123456789abcdef0123456789abcdef',
    next_cursor: 'q83vEjRWeJA0Zi8zNjg5OTAxMjM0NTY3ODkw',
    complete: false,
  },
  listUsage: {
    success: true,
    month: '2030-01',
    items: [
      {
        workbench_id: '01k5w3p8xg7t2mzq4v9r6ehbnc',
        workbench_name: 'AutoCyber',
        user_id: 'xyz',
        hours_running: 41.5,
        usd: 2.0833,
      },
    ],
    days: [
      { day: '2030-01-02', hours_running: 24, usd: 1.2048 },
      { day: '2030-01-03', hours_running: 17.5, usd: 0.8785 },
    ],
    total: { hours_running: 41.5, usd: 2.0833 },
    currency: 'USD',
    basis: 'list prices of 2026-07, not the bill',
  },
  listTemplates: {
    success: true,
    items: [
      {
        name: 'training',
        title: 'Training',
        description: 'With a GPU. Stopped after four hours without use.',
        ...{ requested_cpu: 4096, requested_memory: 16_384, requested_gpu: 1 },
        idle_stop_minutes: 240,
        per_hour_running: 0.526,
      },
    ],
    sizes: [
      {
        name: 'small',
        ...{ requested_cpu: 1024, requested_memory: 2048, requested_gpu: 0 },
        per_hour_running: 0.048,
      },
    ],
    currency: 'USD',
    basis: 'list prices of 2026-07, not the bill',
  },
  listStartTimes: {
    success: true,
    items: [{ kind: 'later', count: 412, p50_seconds: 14.2, p95_seconds: 171.5 }],
  },
  getOwnQuota: {
    success: true,
    item: {
      user_id: 'xyz',
      limits: {
        ...{ workbenches: 10, hosts: null, running: 2, cpu: null, memory: null, gpus: 0 },
        usd_per_month: 50,
      },
      used: {
        ...{ workbenches: 3, hosts: 0, running: 1, cpu: 1024, memory: 2048, gpus: 0 },
        usd_per_month: 12.3456,
      },
      sources: {
        workbenches: 'installation',
        running: 'group:research',
        gpus: 'installation',
        usd_per_month: 'installation',
      },
      resets_at: '2030-02-01T00:00:00.000Z',
    },
  },
  getQuota: EXAMPLE_SCOPE,
  setQuota: EXAMPLE_SCOPE,
  getMe: {
    success: true,
    item: {
      user_id: 'xyz',
      authorization: 'token',
      groups: ['research'],
      scopes: ['openid'],
      admin: false,
      acts_for_others: false,
      expires_at: '2030-01-01T10:00:00.000Z',
    },
  },
  getHealth: { success: true, item: { status: 'ok', version: '0.1.0' } },
};

/** An example for docs/api.yaml; undefined if there is none. */
export function exampleOf(operationId: string, of: 'request' | 'response'): unknown {
  return (of === 'request' ? REQUEST_EXAMPLES : RESPONSE_EXAMPLES)[
    operationId as keyof typeof RESPONSE_EXAMPLES
  ];
}
