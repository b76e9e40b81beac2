import { WorkbenchApiError, WorkbenchConnectionError } from 'workbench-client';
import type { Connection } from './connection.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Clocks that differ by more make tokens invalid. */
const CLOCK_DIFFERENCE_MAX_S = 5;

/** Checks what a command needs, in order. Stops where nothing later could pass. */
export async function runChecks(
  { client, api, user, authorization }: Connection,
  now: () => number,
): Promise<readonly Check[]> {
  const checks: Check[] = [{ name: 'API', passed: true, detail: api }];
  try {
    const { data, response } = await client.operations.GET('/health', {});
    if (data === undefined) {
      checks.push({
        name: 'health',
        passed: false,
        detail: `status ${response.status}: is this the address of the API?`,
      });
      return checks;
    }
    checks.push({ name: 'health', passed: true, detail: `version ${data.item.version}` });
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) {
      const seconds = Math.round(Math.abs(now() - date) / 1000);
      const passed = seconds <= CLOCK_DIFFERENCE_MAX_S;
      checks.push({
        name: 'clock',
        passed,
        detail: passed ? 'agrees with the server' : `differs by ${seconds} s from the server`,
      });
    }
  } catch (error) {
    if (!(error instanceof WorkbenchConnectionError)) throw error;
    checks.push({ name: 'health', passed: false, detail: error.message });
    return checks;
  }
  const as = user === undefined ? 'the user of the token' : `the user ${user}`;
  try {
    await client.list({ pageSize: 1 }).next();
    checks.push({ name: 'authorization', passed: true, detail: `${authorization}, as ${as}` });
  } catch (error) {
    if (!(error instanceof WorkbenchApiError)) throw error;
    const reason = error.reason ?? error.code ?? `status ${error.status}`;
    checks.push({
      name: 'authorization',
      passed: false,
      detail: `${authorization}, as ${as}: ${error.message} (${reason})`,
    });
  }
  return checks;
}
