import { PARAMETERS } from './parameters.ts';
import { deletedResponseSchema, itemResponseSchema } from './response-bodies.ts';
import { ROUTE_ACTIONS, type Route } from './route.ts';

const { user_id, wid, now } = PARAMETERS;

/** The routes that delete a workbench and take the deletion back: see `ROUTES`. */
export const DELETION_ROUTES = [
  {
    method: 'DELETE',
    path: '/workbenches/{wid}',
    operationId: 'deleteWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.deleteWorkbench,
    summary: 'Deletes a workbench and all its files.',
    description:
      'By default it cannot be undone. The status is `deleting` until the task, the dedicated instance and the files are deleted. After that, requests for the workbench return 404. Where the installation keeps deleted workbenches (`WB_DELETE_AFTER_HOURS`), the workbench is stopped instead and hidden: requests for it return 404, shares and links give nothing, and it does not count towards quotas. Until `restorable_until` its owner can restore it; then it is deleted with its files. The body is ignored.',
    parameters: [wid, user_id, now],
    responses: { 200: { description: 'The workbench is deleted.', schema: deletedResponseSchema } },
    errors: ['invalid_request', 'workbench_not_found'],
  },
  {
    method: 'POST',
    path: '/workbenches/{wid}/restore',
    operationId: 'restoreWorkbench',
    access: 'user',
    action: ROUTE_ACTIONS.restoreWorkbench,
    summary: 'Restores a deleted workbench with its files.',
    description:
      'Possible until `restorable_until`. The workbench is stopped, and its shares and links are in force again. It counts towards quotas again. The body is ignored.',
    parameters: [wid, user_id],
    responses: {
      200: {
        description: 'The restored workbench.',
        schema: itemResponseSchema,
        headers: ['Retry-After'],
      },
    },
    errors: ['quota_exceeded', 'invalid_request', 'workbench_not_found', 'not_deleted', 'deleting'],
  },
] as const satisfies readonly Route[];
