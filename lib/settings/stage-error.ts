import type * as z from 'zod/mini';

/** An error in the settings of a stage. */
export interface StageProblem {
  /** Path of the setting, for example `capacityProviders[0].maxInstances`. */
  readonly path: string;
  readonly problem: string;
}

/** Lists all errors in the settings of a stage. */
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
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

/** Converts zod issues to problems. `parent` is the path of the parsed value. */
export function toStageProblems(
  issues: readonly z.core.$ZodIssue[],
  parent: readonly PropertyKey[],
): readonly StageProblem[] {
  return issues.flatMap((issue): readonly StageProblem[] => {
    const path = [...parent, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: formatPath([...path, key]),
        problem: 'is an unknown setting',
      }));
    }
    if (issue.code === 'invalid_union') {
      // Report the errors of the branch whose own type matches and whose contents do not.
      const matchingBranch = issue.errors.find((branch) =>
        branch.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
      );
      if (matchingBranch !== undefined) return toStageProblems(matchingBranch, path);
    }
    return [{ path: formatPath(path), problem: issue.message }];
  });
}
