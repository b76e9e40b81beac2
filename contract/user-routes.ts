import { usageResponseSchema } from './cost-bodies.ts';
import { PARAMETERS, USAGE_PARAMETERS } from './parameters.ts';
import { quotaBodySchema, quotaResponseSchema, scopeResponseSchema } from './quota-bodies.ts';
import { startTimesResponseSchema } from './response-bodies.ts';
import type { Route } from './route.ts';
import { templatesResponseSchema } from './template-bodies.ts';

const { user_id, limit, scope } = PARAMETERS;

/** The route about what users choose by name, for contract/routes.ts. */
export const TEMPLATE_ROUTES = [
  {
    method: 'GET',
    path: '/templates',
    operationId: 'listTemplates',
    access: 'user',
    summary:
      'Lists the templates and sizes that a workbench can be created with, and what they cost an hour.',
    description:
      'Those of the settings WB_TEMPLATES and WB_SIZES, without those that no instance type of the installation can hold. `POST /workbenches` takes their names. Whether the quota of the user allows one, a dry run of `POST /workbenches` says.',
    parameters: [user_id],
    responses: { 200: { description: 'The templates and sizes.', schema: templatesResponseSchema } },
    errors: ['invalid_request'],
  },
] as const satisfies readonly Route[];

/** The routes about quotas, for contract/routes.ts. */
export const QUOTA_ROUTES = [
  {
    method: 'GET',
    path: '/quotas',
    operationId: 'getOwnQuota',
    access: 'user',
    summary: 'Returns the limits of a user, and what the workbenches of the user hold.',
    description:
      'Each limit is that of the nearest scope which sets it: the user, the groups of the user, the installation. Of several groups the highest limit applies. Only a token of the user proves membership in groups; for other callers the groups apply that this user proved last, with a request that counts. Without any limit the figures are counted from the workbenches.',
    parameters: [user_id],
    responses: { 200: { description: 'Limits and use.', schema: quotaResponseSchema } },
    errors: ['invalid_request'],
  },
  {
    method: 'GET',
    path: '/quotas/{scope}',
    operationId: 'getQuota',
    access: 'admin',
    summary: 'Returns the limits that a scope sets.',
    description: 'For operators; requires the admin scope. Limits of the settings are not among them.',
    parameters: [scope],
    responses: { 200: { description: 'The limits of the scope.', schema: scopeResponseSchema } },
    errors: ['forbidden', 'invalid_request'],
  },
  {
    method: 'PUT',
    path: '/quotas/{scope}',
    operationId: 'setQuota',
    access: 'admin',
    summary: 'Replaces the limits that a scope sets.',
    description:
      'For operators; requires the admin scope. Each limit is one of a user, also those of the installation and of a group. `null` means no limit; without a field, the next scope decides; an empty object removes all limits of the scope. The limits apply to requests that begin afterwards. Workbenches beyond a lowered limit keep running, and nothing is added to them.',
    parameters: [scope],
    body: quotaBodySchema,
    responses: { 200: { description: 'The limits of the scope.', schema: scopeResponseSchema } },
    errors: ['forbidden', 'invalid_request', 'payload_too_large', 'unsupported_media_type'],
  },
] as const satisfies readonly Route[];

/** The routes about what workbenches cost, and how long they take to start, for contract/routes.ts. */
export const USAGE_ROUTES = [
  {
    method: 'GET',
    path: '/usage',
    operationId: 'listUsage',
    access: 'user',
    summary: 'Lists what workbenches have cost in a month: of a user, of a group or of all users.',
    description:
      'Workbenches that were deleted or given to another user in the month are included, each with the part of this user; a workbench that cost nothing and did not run is not. Months are kept for 15 months. With `group` or `all=true` it lists the users who have created or started a workbench, each newest workbench first; `limit` then counts users, at most 25, and `user_id` is not used. A page may have fewer items than `limit`, or none, although there is a `next_cursor`. As CSV the cursor is in the header `X-Next-Cursor`, and a text that a spreadsheet could read as a formula begins with an apostrophe.',
    parameters: [user_id, ...Object.values(USAGE_PARAMETERS), limit],
    responses: {
      200: { description: 'A page of the usage.', schema: usageResponseSchema, textType: 'text/csv' },
    },
    errors: ['invalid_request'],
  },
  {
    method: 'GET',
    path: '/start-times',
    operationId: 'listStartTimes',
    access: 'user',
    summary: 'Lists how long starts take: the median and the 95th percentile of the last five weeks.',
    description:
      'Of all workbenches of the installation, from the request until the workbench was ready. Starts that failed are not counted. A group without starts is left out.',
    parameters: [user_id],
    responses: { 200: { description: 'The durations of starts.', schema: startTimesResponseSchema } },
    errors: ['invalid_request'],
  },
] as const satisfies readonly Route[];
