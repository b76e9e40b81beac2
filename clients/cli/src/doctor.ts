import { WorkbenchApiError, WorkbenchClient, WorkbenchConnectionError } from 'workbench-client';
import { type Connection, describeCredential } from './connection.ts';
import { CommandError } from './exit-codes.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Clocks that differ by more make tokens invalid. */
const CLOCK_DIFFERENCE_MAX_S = 5;

/** Checks what a command needs, in order. Stops where nothing later could pass. */
export async function runChecks(
  { client, api, user, credential }: Connection,
  now: () => number,
): Promise<readonly Check[]> {
  const checks: Check[] = [{ name: 'API', passed: true, detail: api }];
  try {
    // Without the credential, whose renewal may fail.
    const anonymous = new WorkbenchClient({ baseUrl: api });
    const { data, response } = await anonymous.operations.GET('/health', {});
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
    // After the request, which may have renewed the token.
    const detail = `${describeCredential(credential)}, as ${as}`;
    checks.push({ name: 'authorization', passed: true, detail });
  } catch (error) {
    checks.push({
      name: 'authorization',
      passed: false,
      detail: `${describeCredential(credential)}, as ${as}: ${describeRefusal(error)}`,
    });
  }
  return checks;
}

function describeRefusal(error: unknown): string {
  if (error instanceof WorkbenchApiError)
    return `${error.message} (${error.reason ?? error.code ?? `status ${error.status}`})`;
  // From the renewal of the token.
  if (error instanceof CommandError || error instanceof WorkbenchConnectionError) return error.message;
  throw error;
}
