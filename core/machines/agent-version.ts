/** Older agents fail some of many starts at the same time, because they do not repeat a `docker start` that timed out. */
export const AGENT_VERSION_MIN = '1.106.1';

/** Whether the agent is older than AGENT_VERSION_MIN. */
export function isAgentOutdated(version: string): boolean {
  return isOlder(version, AGENT_VERSION_MIN);
}

/** Compares versions such as `1.106.1` by their numbers. */
function isOlder(version: string, minimum: string): boolean {
  const numbers = version.split('.').map(Number);
  for (const [index, required] of minimum.split('.').map(Number).entries()) {
    const number = numbers[index] ?? 0;
    if (number !== required) return number < required;
  }
  return false;
}
