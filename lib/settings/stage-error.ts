import type * as z from 'zod/mini';

/** Something wrong with the settings of a stage. */
export interface StageProblem {
  /** Where, as one would write it: `capacityProviders[0].maxInstances`. */
  readonly path: string;
  readonly problem: string;
}

/** Every fault of a stage's settings at once. */
export class StageSettingsError extends Error {
  readonly problems: readonly StageProblem[];

  constructor(file: string, problems: readonly StageProblem[]) {
    const lines = problems.map(({ path, problem }) => `  ${path === '' ? '' : `${path}: `}${problem}`);
    super(`${file} is not valid:\n${lines.join('\n')}`);
    this.name = 'StageSettingsError';
    this.problems = problems;
  }
}

export function formatPath(parts: readonly PropertyKey[]): string {
  return parts
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

/** What zod found, as faults; `at` is where the value itself stands. */
export function toStageProblems(
  issues: readonly z.core.$ZodIssue[],
  at: readonly PropertyKey[],
): readonly StageProblem[] {
  return issues.flatMap((issue): readonly StageProblem[] => {
    const path = [...at, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: formatPath([...path, key]),
        problem: 'there is no such setting',
      }));
    }
    if (issue.code === 'invalid_union') {
      // Of the kinds it may be, the one it was meant to be: whose own type fits and whose contents do not.
      const meant = issue.errors.find((branch) =>
        branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      );
      if (meant !== undefined) return toStageProblems(meant, path);
    }
    return [{ path: formatPath(path), problem: issue.message }];
  });
}
