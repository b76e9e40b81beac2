import { isCancel, text } from '@clack/prompts';
import { type Workbench, WorkbenchApiError, type WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';
import { findWorkbench } from './find-workbench.ts';
import { type Output, printable } from './output.ts';
import { waitWithProgress } from './wait.ts';

export interface DeleteFlags {
  readonly force?: boolean;
  /** Deletes the files at once. */
  readonly now?: boolean;
  readonly wait?: boolean;
  /** Of the wait, in seconds. */
  readonly timeout: number;
}

interface Context {
  readonly client: WorkbenchClient;
  readonly output: Output;
}

/** Deletes a workbench, after a question unless the user has forced it. */
export async function deleteWorkbench(
  { client, output }: Context,
  nameOrId: string,
  { force, now, wait, timeout }: DeleteFlags,
): Promise<void> {
  const found = await findToDelete(client, nameOrId, now === true);
  const { workbench_id: id, workbench_name: name, restorable_until: hiddenUntil } = found;
  if (force !== true) await confirmDeletion(found);
  const { restorableUntil } = await client.delete(id, { now: now === true });
  // The API no longer shows a hidden workbench, so that the end of its files cannot be seen.
  const done = wait === true && hiddenUntil === undefined;
  if (done) await waitWithProgress(client, found, 'deleted', { output, timeoutMs: timeout * 1000 });
  const state = done || restorableUntil !== undefined ? 'is deleted' : 'is being deleted';
  const hint =
    restorableUntil === undefined ? '' : ` Until ${restorableUntil} you can restore it: wb restore ${id}`;
  const until = restorableUntil === undefined ? {} : { restorable_until: restorableUntil };
  output.result({ workbench_id: id, deleted: done, ...until }, `${printable(name)} ${state}.${hint}`);
}

/** With `now`, one that is deleted already and can still be restored, if there is no other. */
async function findToDelete(client: WorkbenchClient, nameOrId: string, now: boolean): Promise<Workbench> {
  if (!now) return findWorkbench(client, nameOrId);
  try {
    return await findWorkbench(client, nameOrId);
  } catch (error) {
    const isUnknown =
      (error instanceof CommandError && error.exitCode === EXIT_CODES.not_found) ||
      (error instanceof WorkbenchApiError && error.code === 'workbench_not_found');
    if (!isUnknown) throw error;
    return findWorkbench(client, nameOrId, { deleted: true });
  }
}

async function confirmDeletion({ workbench_name: name }: Workbench): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CommandError(
      EXIT_CODES.usage,
      'Without a terminal the deletion cannot be confirmed. Use --force.',
    );
  }
  const typed = await text({
    message: `This deletes ${printable(name)} and all its files. Type its name to go on:`,
  });
  if (isCancel(typed)) throw new CommandError(EXIT_CODES.interrupted, 'Nothing was deleted.');
  if (typed.trim() !== name.trim())
    throw new CommandError(EXIT_CODES.failed, 'The name is another one. Nothing was deleted.');
}
