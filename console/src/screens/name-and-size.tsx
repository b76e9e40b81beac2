import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Workbench } from '#clients/typescript/src/workbench.ts';
import type { Target, UpdateBody } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import type { Size } from '../offers.ts';
import { describeProblem } from '../problems.ts';
import { refreshWorkbench } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { SizeFields } from './offer-fields.tsx';

interface NameAndSizeProps {
  readonly workbench: Workbench;
  readonly target: Target;
}

export function NameAndSize({ workbench, target }: NameAndSizeProps) {
  return (
    <section>
      <h2>{TEXTS.workbench.settings}</h2>
      <Rename workbench={workbench} target={target} />
      {workbench.status === 'stopped' ? (
        <Resize workbench={workbench} target={target} />
      ) : (
        <p class="hint">{TEXTS.workbench.resizeNeedsStop}</p>
      )}
    </section>
  );
}

function useUpdate(target: Target, done: string) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateBody) => api.update(target, body),
    onSuccess: () => announce(done),
    onSettled: () => refreshWorkbench(client, target.workbenchId),
  });
}

function Rename({ workbench, target }: NameAndSizeProps) {
  const [name, setName] = useState(workbench.workbench_name);
  const update = useUpdate(target, TEXTS.workbench.renamed);
  const problem = update.error === null ? undefined : describeProblem(update.error).fields.workbench_name;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!update.isPending) update.mutate({ workbench_name: name });
      }}
    >
      <Field label={TEXTS.workbench.rename} problem={problem}>
        {(attributes) => (
          <input
            {...attributes}
            required
            maxLength={128}
            autocomplete="off"
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
      </Field>
      <ProblemNotice error={update.error} />
      <button type="submit" aria-disabled={update.isPending}>
        {TEXTS.workbench.renameSubmit}
      </button>
    </form>
  );
}

function Resize({ workbench, target }: NameAndSizeProps) {
  const [size, setSize] = useState<Size>({
    cpu: workbench.requested_cpu,
    memory: workbench.requested_memory,
    gpu: workbench.requested_gpu,
  });
  const update = useUpdate(target, TEXTS.workbench.resized);
  const problems = update.error === null ? {} : describeProblem(update.error).fields;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (update.isPending) return;
        const { cpu, memory, gpu } = size;
        update.mutate({ requested_cpu: cpu, requested_memory: memory, requested_gpu: gpu });
      }}
    >
      <fieldset class="choices">
        <legend>{TEXTS.workbench.resize}</legend>
        <SizeFields size={size} onChange={setSize} problems={problems} />
      </fieldset>
      <ProblemNotice error={update.error} />
      <button type="submit" aria-disabled={update.isPending}>
        {TEXTS.workbench.resizeSubmit}
      </button>
    </form>
  );
}
