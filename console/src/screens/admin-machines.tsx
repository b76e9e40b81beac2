import { useMutation, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Machine } from '../api.ts';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { Bar } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { formatCpu, formatMemory, formatTime } from '../format.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

export function AdminMachines({ machines }: { readonly machines: readonly Machine[] }) {
  return (
    <section>
      <h2>{TEXTS.admin.machines}</h2>
      {machines.length === 0 && <p>{TEXTS.admin.noMachines}</p>}
      <ul class="rows">
        {machines.map((machine) => (
          <MachineRow key={machine.machine_id} machine={machine} />
        ))}
      </ul>
    </section>
  );
}

/** The most workbenches of a machine that are named. The list of workbenches has all of them, with the machine as a filter. */
const NAMED_MAX = 10;

function describeWorkbenches({ workbenches }: Machine): string {
  const count = TEXTS.admin.workbenchCount(workbenches.length);
  if (workbenches.length === 0) return count;
  const names = workbenches
    .slice(0, NAMED_MAX)
    .map(({ workbench_name: name, user_id: owner }) => TEXTS.admin.ofOwner(name, owner));
  const more = workbenches.length > NAMED_MAX ? [TEXTS.admin.more(workbenches.length - NAMED_MAX)] : [];
  return `${count}: ${[...names, ...more].join(', ')}`;
}

function MachineRow({ machine }: { readonly machine: Machine }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const { machine_id: id, agent, draining, capacity, free } = machine;
  const undrain = useMutation({
    mutationFn: () => api.cancelDrain(id),
    onSuccess: () => announce(TEXTS.admin.undrained(id)),
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.machines }),
  });
  const isDraining = machine.state === 'draining';
  return (
    <li>
      <div class="machine">
        <p>
          <strong>{id}</strong>{' '}
          <span class="hint">
            {[machine.instance_type, machine.provider, TEXTS.admin.machineStates[machine.state]]
              .filter(Boolean)
              .join(', ')}
          </span>
        </p>
        <p class="hint">{describeWorkbenches(machine)}</p>
        {draining?.until && <p>{TEXTS.admin.drainUntil(formatTime(draining.until))}</p>}
        {agent?.connected === false && <p class="field-problem">{TEXTS.admin.agentDisconnected}</p>}
        {agent?.outdated && <p class="field-problem">{TEXTS.admin.agentOutdated}</p>}
        {capacity && free && (
          <>
            <Bar
              label={TEXTS.admin.cpu}
              all={capacity.cpu}
              used={Math.max(0, capacity.cpu - free.cpu)}
              format={formatCpu}
            />
            <Bar
              label={TEXTS.admin.memory}
              all={capacity.memory}
              used={Math.max(0, capacity.memory - free.memory)}
              format={formatMemory}
            />
          </>
        )}
        <ProblemNotice error={undrain.error} />
      </div>
      {isDraining ? (
        <button
          type="button"
          aria-label={TEXTS.admin.undrainOf(id)}
          aria-disabled={undrain.isPending}
          onClick={() => !undrain.isPending && undrain.mutate()}
        >
          {TEXTS.admin.undrain}
        </button>
      ) : (
        <button type="button" aria-label={TEXTS.admin.drainOf(id)} onClick={() => setAsking(true)}>
          {TEXTS.admin.drain}
        </button>
      )}
      {asking && <DrainDialog machineId={id} onClose={() => setAsking(false)} />}
    </li>
  );
}

function DrainDialog({ machineId, onClose }: { readonly machineId: string; readonly onClose: () => void }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const [by, setBy] = useState('');
  const drain = useMutation({
    mutationFn: () => api.drain(machineId, by === '' ? undefined : new Date(by).toISOString()),
    onSuccess: () => {
      announce(TEXTS.admin.drained(machineId));
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.machines }),
  });
  return (
    <Dialog title={TEXTS.admin.drainTitle(machineId)} onClose={onClose}>
      <p>{TEXTS.admin.drainText}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!drain.isPending) drain.mutate();
        }}
      >
        <Field label={TEXTS.admin.drainBy}>
          {(attributes) => (
            <input
              {...attributes}
              type="datetime-local"
              value={by}
              onInput={({ currentTarget }) => setBy(currentTarget.value)}
            />
          )}
        </Field>
        <ProblemNotice error={drain.error} />
        <div class="actions">
          <button type="submit" class="danger">
            {TEXTS.admin.drain}
          </button>
          <button type="button" onClick={onClose}>
            {TEXTS.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
