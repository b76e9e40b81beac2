/** The exit codes of `wb`. Scripts depend on them: their meaning never changes. */
export const EXIT_CODES = {
  success: 0,
  /** The API refused the request, or something failed that has no code of its own. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The workbench did not get the status that `--wait` waited for. */
  not_reached: 3,
  /** `--wait` ended after `--timeout`. */
  timeout: 4,
  /** The API did not respond. */
  no_connection: 5,
  /** No workbench, or more than one, has the name or id. */
  not_found: 6,
  /** The key or token is missing, wrong or expired, or gives no right to do this. */
  not_authorized: 7,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** An error with a message for the user and an exit code. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
