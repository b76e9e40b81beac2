import type { UseMutationResult } from '@tanstack/preact-query';
import { useMutation } from '@tanstack/preact-query';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Target } from '../api.ts';
import { useConsole } from '../context.ts';
import { openInTab } from '../open-workbench.ts';
import { useAct } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { type Action, actionsOf } from '../workbench-state.ts';
import { ProblemNotice } from './problem-notice.tsx';

/** What one click adds: an hour, as its label says. */
const EXTENSION_MINUTES = 60;

interface ActionsProps {
  readonly workbench: Workbench;
  readonly target: Target;
}

/** The buttons of a workbench, in the order of what most people want next. */
export function Actions({ workbench, target }: ActionsProps) {
  const { api, announce } = useConsole();
  const acts: Partial<Record<Action, UseMutationResult<unknown, Error, void, unknown>>> = {
    open: useMutation({ mutationFn: () => openInTab(() => api.open(target)) }),
    start: useAct(workbench, target, {
      act: (to, at) => to.start(at),
      wanted: { desired_status: 'running' },
    }),
    stop: useAct(workbench, target, {
      act: (to, at) => to.stop(at),
      wanted: { desired_status: 'stopped' },
    }),
    restart: useAct(workbench, target, { act: (to, at) => to.restart(at) }),
    extend: useAct(workbench, target, {
      act: async (to, at) => {
        await to.extend(at, EXTENSION_MINUTES);
        announce(TEXTS.actions.extended(workbench.workbench_name));
      },
    }),
  };
  const offered = actionsOf(workbench).filter((action) => acts[action] !== undefined);
  const failed = Object.values(acts).find(({ error }) => error !== null);
  return (
    <>
      <fieldset class="actions">
        <legend class="visually-hidden">{TEXTS.card.actions(workbench.workbench_name)}</legend>
        {offered.map((action, index) => (
          <button
            key={action}
            type="button"
            class={index === 0 ? 'primary' : undefined}
            aria-label={nameOf(action, workbench.workbench_name)}
            aria-disabled={acts[action]?.isPending}
            onClick={() => {
              if (acts[action]?.isPending) return;
              for (const other of Object.values(acts)) other.reset();
              acts[action]?.mutate();
            }}
          >
            {labelOf(action)}
          </button>
        ))}
      </fieldset>
      <ProblemNotice error={failed?.error} />
    </>
  );
}

function nameOf(action: Action, workbench: string): string {
  return action === 'extend'
    ? TEXTS.actions.extendLong(workbench)
    : TEXTS.actions.of(labelOf(action), workbench);
}

function labelOf(action: Action): string {
  return TEXTS.actions[action as 'open' | 'start' | 'stop' | 'restart' | 'extend'];
}
