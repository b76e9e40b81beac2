import type { Mutant } from './mutants.ts';

const SHARED_ROLE = 'core/access/shared-role.ts';
const REQUEST_AUDIT = 'functions/middleware/request-audit.ts';
const FAILED_APPEND = "if (!(error instanceof PortError) || error.kind === 'no_space') throw error;";

/** Mistakes in rights and in their audit. */
export const RIGHTS_MUTANTS: readonly Mutant[] = [
  {
    name: 'role-ignored',
    description: 'restarts a workbench for everybody who may see it',
    file: 'contract/route.ts',
    find: "restartWorkbench: 'restart',",
    replace: "restartWorkbench: 'view',",
  },
  {
    name: 'share-expiry-seconds',
    description: 'reads the end of a share as seconds',
    file: SHARED_ROLE,
    find: 'return expiresAt === undefined || now < expiresAt;',
    replace: 'return expiresAt === undefined || now / 1000 < expiresAt;',
  },
  {
    name: 'group-read-as-user',
    description: 'gives the members of a group the shares of the user with the name of the group',
    file: SHARED_ROLE,
    find: "map((group) => ({ kind: 'group' as const, group })),",
    replace: "map((group) => ({ kind: 'user' as const, userId: group })),",
  },
  {
    name: 'share-removal-not-awaited',
    description: 'confirms that a share is taken back before the table does',
    file: 'functions/api/shares.ts',
    find: 'await ports.shares.delete({ workbenchId, grantee });',
    replace: 'ports.shares.delete({ workbenchId, grantee }).catch(() => {});',
  },
  {
    name: 'share-written-after-freeze',
    description: 'gives a right however long the function was frozen before',
    file: 'core/change-deadline.ts',
    find: 'if (ageOf(begunAt, clock) < CHANGE_TIME_LIMIT_MS) return;',
    replace: 'if (ageOf(begunAt, clock) >= 0) return;',
  },
  {
    name: 'gate-role-ignored',
    description: 'lets every user who has signed in open a workbench',
    file: 'core/gate/decide-request.ts',
    find: "if (found === undefined || role === undefined || !mayDo(role, 'open')) {",
    replace: 'if (found === undefined) {',
  },
  {
    name: 'audit-dropped',
    description: 'does not send the event of a change of rights again after the table has throttled it',
    file: REQUEST_AUDIT,
    find: FAILED_APPEND,
    replace: `${FAILED_APPEND}\n      if (error.kind === 'throttled') return;`,
  },
  {
    name: 'audit-twice',
    description: 'sends the event of a change of rights again under another id after no response',
    file: REQUEST_AUDIT,
    find: FAILED_APPEND,
    replace: `${FAILED_APPEND}\n      if (error.kind === 'unavailable') return this.#ports.audit.append(this.#build(named, 'allowed'));`,
  },
];
