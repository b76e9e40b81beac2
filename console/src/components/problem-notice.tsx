import { describeProblem } from '../problems.ts';
import { TEXTS } from '../texts.ts';

interface ProblemNoticeProps {
  /** Nothing is shown for null and undefined. */
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

/** What went wrong, and what to do. Screen readers read it at once. */
export function ProblemNotice({ error, onRetry }: ProblemNoticeProps) {
  if (error === null || error === undefined) return null;
  const { text, advice, requestId } = describeProblem(error);
  return (
    <div class="notice problem" role="alert">
      <p>
        {text} {advice}
      </p>
      {requestId && <p class="hint">{TEXTS.report(requestId)}</p>}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          {TEXTS.retry}
        </button>
      )}
    </div>
  );
}
