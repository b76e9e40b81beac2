import type { TaskFields } from '#adapters/local/tasks/task-record.ts';
import type { TaskRecords } from '#adapters/local/tasks/task-registry.ts';

/** Records that end this process by SIGKILL before or after their n-th write. */
export function killingRecords<R extends TaskFields>(
  records: TaskRecords<R>,
  when: string | undefined,
  n: number,
): TaskRecords<R> {
  let writes = 0;
  return {
    open: () => records.open(),
    remove: (id) => records.remove(id),
    async save(record) {
      writes += 1;
      if (when === 'before' && writes === n) process.kill(process.pid, 'SIGKILL');
      await records.save(record);
      if (when === 'after' && writes === n) process.kill(process.pid, 'SIGKILL');
    },
  };
}
