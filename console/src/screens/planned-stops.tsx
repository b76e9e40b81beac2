import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Target } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { toLocalInput } from '../format.ts';
import { describeProblem } from '../problems.ts';
import { refreshWorkbench } from '../queries.ts';
import { TEXTS } from '../texts.ts';

interface PlannedStopsProps {
  readonly workbench: Workbench;
  readonly target: Target;
}

/** When the workbench stops by itself: after it was not used, and once at a time. */
export function PlannedStops({ workbench, target }: PlannedStopsProps) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const { idle_stop_minutes: present, stop_at: planned } = workbench;
  const [minutes, setMinutes] = useState(present ? String(present) : '');
  const [time, setTime] = useState(planned === undefined ? '' : toLocalInput(planned));
  const update = useMutation({
    mutationFn: () =>
      api.update(target, {
        // Without a number the limit stays as it is.
        ...(minutes === '' ? {} : { idle_stop_minutes: Number(minutes) }),
        stop_at: time === '' ? null : new Date(time).toISOString(),
      }),
    onSuccess: () => announce(TEXTS.stops.saved),
    onSettled: () => refreshWorkbench(client, target.workbenchId),
  });
  const problems = update.error === null ? {} : describeProblem(update.error).fields;
  return (
    <section>
      <h2>{TEXTS.stops.title}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!update.isPending) update.mutate();
        }}
      >
        <div class="columns">
          <Field label={TEXTS.stops.idle} hint={TEXTS.stops.idleHint} problem={problems.idle_stop_minutes}>
            {(attributes) => (
              <input
                {...attributes}
                type="number"
                min={1}
                step={1}
                value={minutes}
                onInput={({ currentTarget }) => setMinutes(currentTarget.value)}
              />
            )}
          </Field>
          <Field label={TEXTS.stops.at} hint={TEXTS.stops.atHint} problem={problems.stop_at}>
            {(attributes) => (
              <input
                {...attributes}
                type="datetime-local"
                value={time}
                onInput={({ currentTarget }) => setTime(currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <ProblemNotice error={update.error} />
        <button type="submit" aria-disabled={update.isPending}>
          {TEXTS.stops.save}
        </button>
      </form>
    </section>
  );
}

const KEEP_COMMAND = `curl -X POST "$WB_ACTIVITY_URL" -H "Authorization: Bearer $WB_ACTIVITY_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d "{\\"keepalive_until\\": \\"$(date -u -d '+6 hours' +%FT%TZ)\\"}"`;

/** Explains why workbenches stop by themselves, and how to keep them running: the essence of docs/idle-stop.md, which an installation does not serve. */
export function StopHelp() {
  const { title, reasons, ways } = TEXTS.stopHelp;
  const [extend, keep, change] = ways;
  return (
    <details>
      <summary>{title}</summary>
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <ul>
        <li>{extend}</li>
        <li>
          {keep}
          <pre>{KEEP_COMMAND}</pre>
        </li>
        <li>{change}</li>
      </ul>
    </details>
  );
}
