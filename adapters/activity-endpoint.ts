/** Where the programs of a run report activity. */
export interface ActivityEndpoint {
  readonly url: string;
  /** The token of the run: adapters/run-token.ts. */
  readonly token: string;
}

/**
 * The environment variables of a run that say so. Empty if the run cannot report.
 * @param cpuUnits the size of the run, of which its processors are busy. 1,024 units = 1 vCPU
 */
export function activityEnvironment(
  endpoint: ActivityEndpoint | undefined,
  cpuUnits: number,
): Record<string, string> {
  if (endpoint === undefined) return {};
  return {
    WB_ACTIVITY_URL: endpoint.url,
    WB_ACTIVITY_TOKEN: endpoint.token,
    WB_ACTIVITY_CPU_UNITS: String(cpuUnits),
  };
}
