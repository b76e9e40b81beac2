import { usageResponseSchema } from './cost-bodies.ts';
import { PARAMETERS, USAGE_PARAMETERS } from './parameters.ts';
import { startTimesResponseSchema } from './response-bodies.ts';
import type { Route } from './route.ts';

const { user_id, limit } = PARAMETERS;

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
