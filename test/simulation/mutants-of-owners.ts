import type { Mutant } from './mutants.ts';

const OWNER = 'core/workbench/lifecycle/owner.ts';
const CHANGE_OWNER = 'core/workbench/change-owner.ts';
const UPDATE = 'core/workbench/update-record.ts';
const MOVE = '    : workbenches.move(workbench, userId, revision, closed);';

/** Mistakes in changes of the owner. */
export const OWNER_MUTANTS: readonly Mutant[] = [
  {
    name: 'owner-moved-while-starting',
    description: 'gives a workbench to another owner while it starts',
    file: OWNER,
    find: "if (workbench.status !== 'stopped' || !isSettled(workbench)) throw notStopped(workbench);",
    replace:
      "if (workbench.status !== 'stopped' && workbench.status !== 'starting') throw notStopped(workbench);",
  },
  {
    name: 'owner-moved-with-unexpected-task',
    description: 'gives a stopped workbench to another owner while a task or its host has not ended',
    file: OWNER,
    find: "if (workbench.status !== 'stopped' || !isSettled(workbench)) throw notStopped(workbench);",
    replace: "if (workbench.status !== 'stopped') throw notStopped(workbench);",
  },
  {
    name: 'move-in-two-writes',
    description: 'writes the record of the next owner before it deletes the old one',
    file: UPDATE,
    find: MOVE,
    replace: `    : workbenches.create(workbench).then(async () => {
        const deleted = await workbenches.delete({ userId, workbenchId: workbench.workbenchId }, revision);
        return deleted === 'deleted' ? 'moved' : 'conflict';
      });`,
  },
  {
    name: 'move-deletes-first',
    description: 'deletes the record of the owner before it writes that of the next one',
    file: UPDATE,
    find: MOVE,
    replace: `    : workbenches.delete({ userId, workbenchId: workbench.workbenchId }, revision).then(async (deleted) => {
        if (deleted === 'conflict') return 'conflict';
        await workbenches.create(workbench);
        return 'moved';
      });`,
  },
  {
    name: 'move-keeps-old-record',
    description: 'writes the record of the next owner and never deletes the old one',
    file: UPDATE,
    find: MOVE,
    replace: "    : workbenches.create(workbench).then(() => 'moved' as const);",
  },
  {
    name: 'move-without-files',
    description: 'gives the next owner the workbench without its volume',
    file: OWNER,
    find: 'const { idempotencyKey: _earlierOwners, ...moved }',
    replace: 'const { idempotencyKey: _earlierOwners, mount: _files, ...moved }',
  },
  {
    name: 'move-without-history',
    description: 'begins a new history for the next owner',
    file: OWNER,
    find: 'withoutOffer({ ...workbench, userId: to });',
    replace: 'withoutOffer({ ...workbench, userId: to, historySeq: 0, outbox: [] });',
  },
  {
    name: 'move-without-shares',
    description: 'deletes all shares when a workbench gets another owner',
    file: CHANGE_OWNER,
    find: "await ports.shares.delete({ workbenchId, grantee: { kind: 'user', userId } });",
    replace: 'await (ports as any).shares.deleteAll(workbenchId);',
  },
  {
    name: 'earlier-owner-keeps-rights',
    description: 'follows a move for a request of the earlier owner, who then acts as the owner',
    file: 'core/access/find-access.ts',
    find: 'const own = await workbenches.read({ userId: user.userId, workbenchId });',
    replace: `const moved = await workbenches.findMoved(workbenchId);
  const own =
    (await workbenches.read({ userId: user.userId, workbenchId })) ?? (moved && (await workbenches.read(moved)));`,
  },
  {
    name: 'forget-the-move',
    description: 'takes the record under an old key for deleted',
    file: 'core/workbench/find-record.ts',
    find: 'next = moved?.userId === next.userId ? undefined : moved;',
    replace: 'next = undefined;',
  },
];
