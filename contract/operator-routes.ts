import { auditResponseSchema } from './audit-response.ts';
import { drainResponseSchema, machinesResponseSchema, providersResponseSchema } from './machine-bodies.ts';
import { AUDIT_PARAMETERS, PARAMETERS } from './parameters.ts';
import { drainBodySchema } from './request-bodies.ts';
import { reportsResponseSchema, successSchema } from './response-bodies.ts';
import type { Route } from './route.ts';
import { sweepBodySchema, sweepResponseSchema } from './sweep-bodies.ts';

const { machine_id } = PARAMETERS;

/** The routes that require the admin scope. */
export const OPERATOR_ROUTES = [
  {
    method: 'GET',
    path: '/reports/reconcile',
    operationId: 'listReports',
    access: 'admin',
    summary: 'Lists the reports of the last sweeps: what they checked, repaired and deleted, and why.',
    description: 'For operators; requires the admin scope. Newest first, at most 50.',
    parameters: [],
    responses: { 200: { description: 'The reports.', schema: reportsResponseSchema } },
    errors: ['forbidden'],
  },
  {
    method: 'POST',
    path: '/sweeps',
    operationId: 'startSweep',
    access: 'admin',
    summary: 'Starts a sweep of the reconciler now, besides its schedule.',
    description:
      'For operators; requires the admin scope. Responds before the sweep has ended; poll `GET /reports/reconcile` for its report. Of the sweeps that were started so, one runs at a time: while another runs, the response is 429 with the reason `sweep_running`, and a repeated request returns the one that runs. A sweep that has written no report after 15 minutes does not count as running any more. Changes nothing about the schedule, the grace periods and the deletion limit.',
    parameters: [],
    body: sweepBodySchema,
    responses: { 202: { description: 'The sweep begins.', schema: sweepResponseSchema } },
    errors: ['invalid_request', 'forbidden', 'payload_too_large', 'unsupported_media_type'],
  },
  {
    method: 'GET',
    path: '/machines',
    operationId: 'listMachines',
    access: 'admin',
    summary: 'Lists the instances of the installation, their free capacity, and the workbenches on them.',
    description:
      'For operators; requires the admin scope. Sorted by id, at most 1,000 machines and 5,000 active workbenches: `complete` is false if there are more. A response is reused for 15 seconds (`read_at`), and the lists of ECS and of active workbenches may miss a change of the last seconds. A workbench that waits for capacity is on no machine. A host that is not registered with the cluster, because it is stopped or being launched, is listed from its record.',
    parameters: [],
    responses: { 200: { description: 'The machines.', schema: machinesResponseSchema } },
    errors: ['forbidden'],
  },
  {
    method: 'POST',
    path: '/machines/{machine_id}/drain',
    operationId: 'drainMachine',
    access: 'admin',
    summary:
      'Empties a machine: it takes no new workbench, and the workbenches on it are stopped at a given time.',
    description:
      'For operators; requires the admin scope. The owners see `status_detail` `machine_draining`, `stops_at` and an entry in the history. Without `by` each workbench runs until its next stop. Workbenches that the drain stops have the reason `machine_drained`; with `on_interruption` `restart` they start on another machine. A host is terminated at the next stop of its workbench, and the next start launches another. In local mode no workbench starts while the computer is drained. A repeated request replaces the time. If a request fails, the reconciler completes it within ten minutes.',
    parameters: [machine_id],
    body: drainBodySchema,
    responses: { 200: { description: 'The machine takes no new workbench.', schema: drainResponseSchema } },
    errors: [
      'invalid_request',
      'machine_not_found',
      'forbidden',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
  {
    method: 'DELETE',
    path: '/machines/{machine_id}/drain',
    operationId: 'cancelDrain',
    access: 'admin',
    summary: 'Takes a drain back: the machine takes workbenches again, and those on it are not stopped.',
    description:
      'For operators; requires the admin scope. Also ends the draining of a machine that an operator has drained at ECS. The body is ignored.',
    parameters: [machine_id],
    responses: { 200: { description: 'The machine takes workbenches.', schema: successSchema } },
    errors: ['invalid_request', 'machine_not_found', 'forbidden'],
  },
  {
    method: 'GET',
    path: '/providers',
    operationId: 'listProviders',
    access: 'admin',
    summary: 'Lists the capacity providers and the instance types of hosts, with free capacity and price.',
    description:
      'For operators; requires the admin scope. Prices are those of the settings, by default the price list that is shipped with the controller. The free capacity is what the instances have reported by events: seconds old, and at most a preference of placement.',
    parameters: [],
    responses: { 200: { description: 'What the installation offers.', schema: providersResponseSchema } },
    errors: ['forbidden'],
  },
  {
    method: 'GET',
    path: '/audit',
    operationId: 'listAudit',
    access: 'admin',
    summary: 'Lists openings, refusals, changes of rights and acts for other users, newest first.',
    description:
      'For operators; requires the admin scope. Events are kept for WB_AUDIT_DAYS. Strongly consistent. A page may have fewer items than `limit`, or none, although there is a `next_cursor`: one request reads at most 31 days and 2,000 events.',
    parameters: Object.values(AUDIT_PARAMETERS),
    responses: { 200: { description: 'A page of events.', schema: auditResponseSchema } },
    errors: ['forbidden', 'invalid_request'],
  },
] as const satisfies readonly Route[];
