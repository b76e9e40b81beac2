/**
 * What a workbench inherits from the environment of this server: what a shell needs to be one. Everything
 * else, the server's settings and secrets first of all, stays here.
 */
export const INHERITED = ['PATH', 'HOME', 'LANG', 'TERM', 'TZ', 'USER', 'SHELL', 'TMPDIR'] as const;

/** The variables that mark a process as one of a run, and the run as one of this installation. */
export const RUN_VARIABLE = 'WB_RUN_ID';
export const INSTALLATION_VARIABLE = 'WB_INSTALLATION';

export interface EnvironmentFacts {
  /** The environment of this server. */
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly installation: string;
  readonly workbenchId: string;
  readonly name: string;
  readonly runId: string;
  /** The folder of the workbench's files, absolute. */
  readonly folder: string;
  readonly port: number;
  /** Where people reach the workbench, with a path that ends in a slash. */
  readonly baseUrl: string;
}

/** The whole environment of a workbench's process. */
export function workbenchEnvironment(facts: EnvironmentFacts): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = facts.own[name];
    if (value !== undefined) environment[name] = value;
  }
  return {
    ...environment,
    WORKBENCH_ID: facts.workbenchId,
    // A name may hold anything but what the system cannot carry in a variable.
    WORKBENCH_NAME: facts.name.replaceAll('\0', ''),
    WORKSPACE_PATH: facts.folder,
    BASE_URL: facts.baseUrl,
    HOST: '127.0.0.1',
    PORT: String(facts.port),
    [RUN_VARIABLE]: facts.runId,
    [INSTALLATION_VARIABLE]: facts.installation,
  };
}
