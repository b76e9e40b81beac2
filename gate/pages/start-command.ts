import type { Workbench } from '#core/workbench/workbench.ts';

export interface ApiAddress {
  /** The address of the API with its prefix: `http://127.0.0.1:8999`. */
  readonly url: string;
  /** Whether requests need a token. */
  readonly authorized: boolean;
}

/** Returns the curl command that starts a workbench. */
export function startCommand(workbench: Pick<Workbench, 'userId' | 'workbenchId'>, api: ApiAddress): string {
  // encodeURIComponent does not encode apostrophes, which would end the quoted argument.
  const userId = encodeURIComponent(workbench.userId).replaceAll("'", '%27');
  const header = api.authorized ? '-H "Authorization: Bearer $TOKEN" ' : '';
  return `curl -X POST ${header}'${api.url}/workbenches/${workbench.workbenchId}/start?user_id=${userId}'`;
}
