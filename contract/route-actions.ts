import type { Action } from '#core/access/rights.ts';

/**
 * The right that each route of a workbench needs, in the table of core/access/rights.ts. contract/routes.ts takes it from
 * here. It is part of the bundle of each function, so it contains only data.
 */
export const ROUTE_ACTIONS = {
  getWorkbench: 'view',
  updateWorkbench: 'update',
  deleteWorkbench: 'delete',
  restoreWorkbench: 'delete',
  startWorkbench: 'start',
  stopWorkbench: 'stop',
  restartWorkbench: 'restart',
  extendWorkbench: 'extend',
  reportActivity: 'extend',
  openWorkbench: 'open',
  listHistory: 'view_history',
  listLogs: 'view_logs',
  listShares: 'share',
  setShare: 'share',
  deleteShare: 'share',
  listShareLinks: 'share',
  createShareLink: 'share',
  deleteShareLink: 'share',
  changeOwner: 'move',
} as const satisfies Readonly<Record<string, Action>>;

/** A route of one workbench. */
export type WorkbenchOperation = keyof typeof ROUTE_ACTIONS;
