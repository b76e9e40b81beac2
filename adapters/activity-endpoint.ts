/** Where the programs of a run report activity. */
export interface ActivityEndpoint {
  readonly url: string;
  /** The token of the run: adapters/run-token.ts. */
  readonly token: string;
}

/** The environment variables of a run that say so. Empty if the run cannot report. */
export function activityEnvironment(endpoint: ActivityEndpoint | undefined): Record<string, string> {
  return endpoint === undefined ? {} : { WB_ACTIVITY_URL: endpoint.url, WB_ACTIVITY_TOKEN: endpoint.token };
}
