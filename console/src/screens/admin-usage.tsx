import { useMutation } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { Field, MonthField } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { CostTable } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { toMonth } from '../format.ts';
import { TEXTS } from '../texts.ts';

/** What the workbenches of all users, or of those in a group, have cost in a month. Read when an operator asks for it. */
export function AdminUsage() {
  const { api } = useConsole();
  const [month, setMonth] = useState(toMonth(new Date()));
  const [group, setGroup] = useState('');
  const read = useMutation({ mutationFn: () => api.usageOfUsers(month, group.trim()) });
  const users = [...(read.data?.users ?? [])].sort((a, b) => b.usd - a.usd);
  return (
    <section>
      <h2>{TEXTS.admin.usage}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!read.isPending) read.mutate();
        }}
      >
        <div class="columns">
          <MonthField month={month} onChange={setMonth} />
          <Field label={TEXTS.admin.usageGroup} hint={TEXTS.admin.usageGroupHint}>
            {(attributes) => (
              <input
                {...attributes}
                autocomplete="off"
                value={group}
                onInput={({ currentTarget }) => setGroup(currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <ProblemNotice error={read.error} />
        <button type="submit" aria-disabled={read.isPending}>
          {TEXTS.admin.readUsage}
        </button>
      </form>
      {read.data && users.length === 0 && <p>{TEXTS.usage.noCost}</p>}
      {read.data && users.length > 0 && (
        <>
          <CostTable
            label={TEXTS.admin.usageTable}
            column={TEXTS.admin.usageColumn}
            rows={users.map(({ user_id: key, groups, ...sum }) => ({
              key,
              name: groups.length === 0 ? key : `${key} (${groups.join(', ')})`,
              ...sum,
            }))}
            total={read.data.total}
          />
          {read.data.isPart && <p class="hint">{TEXTS.admin.usagePart}</p>}
          <p class="hint">{read.data.basis}</p>
        </>
      )}
    </section>
  );
}
