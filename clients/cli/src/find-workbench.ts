import type { Workbench, WorkbenchClient } from 'workbench-client';
import { CommandError, EXIT_CODES } from './exit-codes.ts';

const WORKBENCH_ID = /^[0-9a-z]{26}$/;

/**
 * Returns the workbench with this id, name or beginning of an id. A name wins over a beginning of an id.
 * @param deleted finds only those that are deleted and can be restored
 * @throws CommandError if none has it, or more than one
 */
export async function findWorkbench(
  client: WorkbenchClient,
  nameOrId: string,
  { deleted = false }: { readonly deleted?: boolean } = {},
): Promise<Workbench> {
  if (WORKBENCH_ID.test(nameOrId)) return client.get(nameOrId, { deleted });
  const named: Workbench[] = [];
  const beginning: Workbench[] = [];
  // The server sends only those that may fit. It takes at most 128 characters, and no name or id is longer.
  const filter = {
    ...(/^.{1,128}$/su.test(nameOrId) ? { q: nameOrId } : {}),
    ...(deleted ? { deleted } : {}),
  };
  for await (const workbench of client.list({ filter })) {
    if (workbench.workbench_name === nameOrId) named.push(workbench);
    if (nameOrId !== '' && workbench.workbench_id.startsWith(nameOrId)) beginning.push(workbench);
  }
  const found = named.length > 0 ? named : beginning;
  const [first, ...others] = found;
  if (first === undefined) {
    throw new CommandError(
      EXIT_CODES.not_found,
      `No ${deleted ? 'deleted workbench' : 'workbench'} has the name or id ${JSON.stringify(nameOrId)}. See: wb list${deleted ? ' --deleted' : ''}`,
    );
  }
  if (others.length === 0) return first;
  const ids = found.map(({ workbench_id: id, workbench_name: name }) => `  ${id}  ${name}`).join('\n');
  throw new CommandError(
    EXIT_CODES.not_found,
    `More than one workbench fits ${JSON.stringify(nameOrId)}. Use an id:\n${ids}`,
  );
}
