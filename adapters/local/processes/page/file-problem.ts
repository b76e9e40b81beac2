/** Error codes of the page's API, each with its HTTP status. */
export const PROBLEMS = {
  invalid_path: 400,
  invalid_request: 400,
  forbidden: 403,
  outside: 403,
  no_permission: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_a_file: 409,
  not_a_folder: 409,
  exists: 412,
  changed: 412,
  deleted: 412,
  too_large: 413,
  binary: 415,
  unsupported_media_type: 415,
  precondition_required: 428,
  internal: 500,
  disk_full: 507,
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** An error that is sent to the page. The message is shown to the user. */
export class FileProblem extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.name = 'FileProblem';
    this.code = code;
  }
}
