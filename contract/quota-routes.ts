import { PARAMETERS } from './parameters.ts';
import { quotaBodySchema, quotaResponseSchema, scopeResponseSchema } from './quota-bodies.ts';
import type { Route } from './route.ts';

const { user_id, scope } = PARAMETERS;

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
