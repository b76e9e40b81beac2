import type { Mutant } from './mutants.ts';

const METERING = 'core/cost/metering.ts';

/** Mistakes in the figures of costs. */
export const COST_MUTANTS: readonly Mutant[] = [
  {
    name: 'cost-of-memory-only',
    description: 'prices the share of memory, although another resource of the instance is used up first',
    file: 'core/cost/rates.ts',
    find: 'Math.min(1, dominantShare(request, provider))',
    replace: '(request.memoryMib / provider.memoryMib)',
  },
  {
    name: 'cost-of-first-provider',
    description: 'prices the first provider instead of the one that placement chose',
    file: 'core/workbench/execute-effect.ts',
    find: 'const chosen = providers.find(({ name }) => name === provider);',
    replace: 'const chosen = providers[0];',
  },
  {
    name: 'cost-of-month-cut',
    description: 'forgets what a day has cost when the next one begins',
    file: METERING,
    find: 'const ended = current === known ? [] : sumsOf(known, current.since);',
    replace: 'const ended: readonly CountedSum[] = [];',
  },
  {
    name: 'cost-of-month-counted-twice',
    description: 'counts what a day has cost on the next one, too',
    file: 'core/cost/meter.ts',
    find: 'const next = { ...rest, seq: meter.seq + 1, micros: 0, ms: 0 };',
    replace: 'const next = { ...rest, seq: meter.seq + 1 };',
  },
  {
    name: 'cost-of-ended-meter-after-record',
    description: 'stores what an ended meter has counted after the record that no longer has it',
    file: 'core/workbench/update-record.ts',
    find: 'const written = await writeTo(ports.workbenches, workbench, current, closed);',
    replace: `const written = await writeTo(ports.workbenches, workbench, current, []);
      if (written !== 'conflict') await (ports as any).usage.save(closed);`,
  },
  {
    name: 'cost-of-deleted-forgotten',
    description: 'deletes a record without storing what the workbench has cost',
    file: 'core/workbench/drive.ts',
    find: 'if (used.length > 0) await ports.usage.save(used);',
    replace: '',
  },
  {
    name: 'cost-of-stopped-host',
    description: 'charges a stopped host as if it ran',
    file: METERING,
    find: 'const on = isHostOn(host);',
    replace: "const on = isHostOn(host) || host.state === 'stopping' || host.state === 'stopped';",
  },
  {
    name: 'cost-charged-to-next-owner',
    description: 'charges the next owner for what the workbench has cost before',
    file: METERING,
    find: 'return before.userId === after.userId\n',
    replace: 'return before.userId !== ""\n',
  },
  {
    name: 'cost-of-waiting-task',
    description: 'charges a task that waits for an instance',
    file: METERING,
    find: "return status === 'pending' || status === 'running' || containerInstance !== undefined;",
    replace: "return status !== 'stopped' || containerInstance !== undefined;",
  },
  {
    name: 'cost-of-files-forgotten',
    description: 'does not charge for the files while the workbench runs',
    file: METERING,
    find: 'rate: rate + (workbench.files?.rate ?? 0)',
    replace: 'rate: on ? rate : rate + (workbench.files?.rate ?? 0)',
  },
  {
    name: 'cost-of-deleted-files',
    description: 'charges for the files after they are deleted',
    file: 'core/workbench/lifecycle/volume.ts',
    find: 'const { files: _deleted, ...rest } = workbench;',
    replace: 'const rest = workbench;',
  },
  {
    name: 'cost-of-first-slice-of-files',
    description: 'takes the size of the first slice for that of all files',
    file: 'core/reconcile/measure-files.ts',
    find: 'cursor = slice.cursor;',
    replace: 'cursor = undefined as string | undefined;',
  },
  {
    name: 'cost-of-files-never-measured',
    description: 'measures the files of running workbenches only',
    file: 'core/reconcile/measure-files.ts',
    find: "if (status !== 'stopped' && status !== 'running') return false;",
    replace: "if (status !== 'running') return false;",
  },
  {
    name: 'cost-of-files-in-gb',
    description: 'prices files by the decimal GB',
    file: 'core/cost/rates.ts',
    find: 'const GIB = 2 ** 30;',
    replace: 'const GIB = 1e9;',
  },
];
