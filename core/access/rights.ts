/**
 * The one table of rights. The API, the gate, the buttons of the console and the generated table in docs/shares.md ask it; nothing
 * else decides who may do what with a workbench.
 */

/** The roles of a user at one workbench, from the most rights to the fewest. */
export const ROLES = ['owner', 'manage', 'use'] as const;
export type Role = (typeof ROLES)[number];

/** The roles that a share can give, from the most rights to the fewest. */
export const SHARED_ROLES = ['manage', 'use'] as const satisfies readonly Role[];
export type SharedRole = (typeof SHARED_ROLES)[number];

/** The role in which a user acts on a workbench. An administrator needs no role at the workbench. */
export type ActingRole = Role | 'administrator';
export const ACTING_ROLES = [...ROLES, 'administrator'] as const satisfies readonly ActingRole[];

/** What can be done with a workbench. Each route of a workbench, and each act at the gate, is one of these. */
export const ACTIONS = [
  'view',
  'view_history',
  'view_logs',
  'open',
  'start',
  'stop',
  'restart',
  'extend',
  'update',
  'delete',
  'share',
  'move',
] as const;
export type Action = (typeof ACTIONS)[number];

const OWNERS: readonly ActingRole[] = ['owner', 'administrator'];
const MANAGERS: readonly ActingRole[] = [...OWNERS, 'manage'];
const USERS: readonly ActingRole[] = [...MANAGERS, 'use'];

/** Who may do what. A role that is not listed may not. */
const RIGHTS: Readonly<Record<Action, readonly ActingRole[]>> = {
  view: USERS,
  view_history: USERS,
  // Programs print tokens and paths that are no business of guests.
  view_logs: MANAGERS,
  open: USERS,
  start: MANAGERS,
  stop: MANAGERS,
  restart: MANAGERS,
  extend: MANAGERS,
  update: OWNERS,
  delete: OWNERS,
  share: OWNERS,
  move: OWNERS,
};

/** What each action is, for the documentation. */
export const ACTION_MEANINGS: Readonly<Record<Action, string>> = {
  view: 'see the workbench and its status',
  view_history: 'see its history',
  view_logs: 'read what its programs print',
  open: 'open it in a browser',
  start: 'start it',
  stop: 'stop it',
  restart: 'restart it',
  extend: 'extend the time until it stops by itself',
  update: 'rename and resize it',
  delete: 'delete it with its files',
  share: 'list, give and take back shares and links',
  move: 'give it to another owner',
};

/** Whether the role has the right. @param role undefined: no role at this workbench */
export function mayDo(role: ActingRole | undefined, action: Action): boolean {
  return role !== undefined && RIGHTS[action].includes(role);
}
