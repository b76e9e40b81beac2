import { useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Target } from '../api.ts';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { useAct } from '../queries.ts';
import { TEXTS } from '../texts.ts';

interface DeleteWorkbenchProps {
  readonly workbench: Workbench;
  readonly target: Target;
}

/** Deletes a workbench after its name was typed: often a deletion cannot be undone. */
export function DeleteWorkbench({ workbench, target }: DeleteWorkbenchProps) {
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState('');
  const { workbench_name: name } = workbench;
  const { restorableHours: hours } = useConsole().config;
  const text = hours === 0 ? TEXTS.remove.text : TEXTS.remove.restorableText(hours);
  const deletion = useAct(workbench, target, {
    act: (api, at) => api.delete(at),
    wanted: { desired_status: 'deleted' },
  });
  const close = () => {
    setAsking(false);
    setTyped('');
  };
  return (
    <section>
      <h2>{TEXTS.remove.title}</h2>
      <p>{text}</p>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        {TEXTS.remove.open}
      </button>
      {asking && (
        <Dialog title={TEXTS.remove.confirmTitle(name)} onClose={close}>
          <p>{text}</p>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (typed === name && !deletion.isPending) deletion.mutate(undefined, { onSuccess: close });
            }}
          >
            <Field label={TEXTS.remove.typeName(name)}>
              {(attributes) => (
                <input
                  {...attributes}
                  autocomplete="off"
                  value={typed}
                  onInput={({ currentTarget }) => setTyped(currentTarget.value)}
                />
              )}
            </Field>
            <ProblemNotice error={deletion.error} />
            <div class="actions">
              <button type="submit" class="danger" disabled={typed !== name}>
                {TEXTS.remove.submit}
              </button>
              <button type="button" onClick={close}>
                {TEXTS.cancel}
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </section>
  );
}
