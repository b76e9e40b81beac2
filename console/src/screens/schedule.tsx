import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Target } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { describeProblem } from '../problems.ts';
import { refreshWorkbench } from '../queries.ts';
import { TEXTS } from '../texts.ts';

interface ScheduleProps {
  readonly workbench: Workbench;
  readonly target: Target;
}

/** When the workbench starts and stops by itself, again and again. */
export function Schedule({ workbench, target }: ScheduleProps) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const { schedule, next_start_at: nextStart } = workbench;
  const [start, setStart] = useState(schedule?.start ?? '');
  const [stop, setStop] = useState(schedule?.stop ?? '');
  const [zone, setZone] = useState(schedule?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  const update = useMutation({
    mutationFn: () =>
      api.update(target, {
        schedule:
          start.trim() === '' && stop.trim() === ''
            ? null
            : {
                ...(start.trim() === '' ? {} : { start: start.trim() }),
                ...(stop.trim() === '' ? {} : { stop: stop.trim() }),
                time_zone: zone.trim(),
              },
      }),
    onSuccess: () => announce(TEXTS.schedule.saved),
    onSettled: () => refreshWorkbench(client, target.workbenchId),
  });
  const problems = update.error === null ? {} : describeProblem(update.error).fields;
  const fields = [
    { label: TEXTS.schedule.start, hint: TEXTS.schedule.startHint, value: start, set: setStart, of: 'start' },
    { label: TEXTS.schedule.stop, hint: TEXTS.schedule.stopHint, value: stop, set: setStop, of: 'stop' },
    { label: TEXTS.schedule.zone, hint: undefined, value: zone, set: setZone, of: 'time_zone' },
  ];
  return (
    <section>
      <h2>{TEXTS.schedule.title}</h2>
      {nextStart !== undefined && <p>{TEXTS.schedule.nextStart(formatTime(nextStart))}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!update.isPending) update.mutate();
        }}
      >
        <div class="columns">
          {fields.map(({ label, hint, value, set, of }) => (
            <Field key={of} label={label} hint={hint} problem={problems[`schedule.${of}`]}>
              {(attributes) => (
                <input
                  {...attributes}
                  maxLength={128}
                  autocomplete="off"
                  value={value}
                  onInput={({ currentTarget }) => set(currentTarget.value)}
                />
              )}
            </Field>
          ))}
        </div>
        <ProblemNotice error={update.error} />
        <button type="submit" aria-disabled={update.isPending}>
          {TEXTS.schedule.save}
        </button>
      </form>
    </section>
  );
}
