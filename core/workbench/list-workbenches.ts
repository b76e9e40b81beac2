import type { WorkbenchPage, WorkbenchStore } from '../ports/workbench-store.ts';

/** A page of a user's workbenches, newest first: one query. `limit` 1-100. */
export async function listWorkbenches(
  ports: { readonly workbenches: Pick<WorkbenchStore, 'listByUser'> },
  userId: string,
  page: { readonly limit: number; readonly after?: string },
): Promise<WorkbenchPage> {
  return ports.workbenches.listByUser(userId, page);
}
