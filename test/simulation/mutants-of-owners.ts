import type { Mutant } from './mutants.ts';

const OWNER = 'core/workbench/lifecycle/owner.ts';
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
    name: 'forget-the-move',
    description: 'takes the record under an old key for deleted',
    file: 'core/workbench/find-record.ts',
    find: 'next = moved?.userId === next.userId ? undefined : moved;',
    replace: 'next = undefined;',
  },
];
