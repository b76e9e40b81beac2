import { useMutation } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { QUOTA_NAMES, type QuotaName, type ScopeLimits } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { describeProblem } from '../problems.ts';
import { TEXTS } from '../texts.ts';

const KINDS = ['installation', 'group', 'user'] as const;
type Kind = (typeof KINDS)[number];

/** Shows and changes the limits that a scope sets. */
export function AdminQuotas() {
  const { api } = useConsole();
  const [kind, setKind] = useState<Kind>('installation');
  const [name, setName] = useState('');
  const read = useMutation({
    mutationFn: async (scope: string) => ({ scope, limits: await api.readLimits(scope) }),
  });
  return (
    <section>
      <h2>{TEXTS.admin.quotas}</h2>
      <p class="hint">{TEXTS.admin.quotasText}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!read.isPending) read.mutate(kind === 'installation' ? kind : `${kind}:${name.trim()}`);
        }}
      >
        <div class="columns">
          <Field label={TEXTS.admin.scopeKind}>
            {(attributes) => (
              <select
                {...attributes}
                value={kind}
                onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}
              >
                {KINDS.map((value) => (
                  <option key={value} value={value}>
                    {TEXTS.admin.scopeKinds[value]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {kind !== 'installation' && (
            <Field label={TEXTS.admin.scopeName}>
              {(attributes) => (
                <input
                  {...attributes}
                  required
                  pattern=".*\S.*"
                  autocomplete="off"
                  value={name}
                  onInput={({ currentTarget }) => setName(currentTarget.value)}
                />
              )}
            </Field>
          )}
        </div>
        <ProblemNotice error={read.error} />
        <button type="submit" aria-disabled={read.isPending}>
          {TEXTS.admin.readLimits}
        </button>
      </form>
      {read.data && <Limits key={read.submittedAt} {...read.data} />}
    </section>
  );
}

/** A number, no limit, or nothing: then the next scope decides. */
interface Entry {
  readonly text: string;
  readonly without: boolean;
}

function Limits({ scope, limits }: { readonly scope: string; readonly limits: ScopeLimits }) {
  const { api, announce } = useConsole();
  const [entries, setEntries] = useState(() => toEntries(limits));
  const save = useMutation({
    mutationFn: () => api.writeLimits(scope, toLimits(entries)),
    onSuccess: (saved) => {
      setEntries(toEntries(saved));
      announce(TEXTS.admin.limitsSaved(scope));
    },
  });
  const problems = save.error === null ? {} : describeProblem(save.error).fields;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate();
      }}
    >
      <h3>{scope}</h3>
      <p class="hint">{TEXTS.admin.limitHint}</p>
      <div class="columns">
        {QUOTA_NAMES.map((name) => {
          const entry = entries[name];
          const change = (changed: Partial<Entry>) =>
            setEntries({ ...entries, [name]: { ...entry, ...changed } });
          return (
            <div key={name}>
              <Field label={TEXTS.usage.names[name]} problem={problems[name]}>
                {(attributes) => (
                  <input
                    {...attributes}
                    type="number"
                    min={0}
                    step={1}
                    disabled={entry.without}
                    value={entry.without ? '' : entry.text}
                    onInput={({ currentTarget }) => change({ text: currentTarget.value })}
                  />
                )}
              </Field>
              <label>
                <input
                  type="checkbox"
                  aria-label={TEXTS.admin.unlimited(TEXTS.usage.names[name])}
                  checked={entry.without}
                  onChange={({ currentTarget }) => change({ without: currentTarget.checked })}
                />{' '}
                {TEXTS.admin.limitWithout}
              </label>
            </div>
          );
        })}
      </div>
      <ProblemNotice error={save.error} />
      <button type="submit" aria-disabled={save.isPending}>
        {TEXTS.admin.saveLimits}
      </button>
    </form>
  );
}

function toEntries(limits: ScopeLimits): Record<QuotaName, Entry> {
  return Object.fromEntries(
    QUOTA_NAMES.map((name) => {
      const limit = limits[name];
      return [name, { text: typeof limit === 'number' ? String(limit) : '', without: limit === null }];
    }),
  ) as Record<QuotaName, Entry>;
}

function toLimits(entries: Readonly<Record<QuotaName, Entry>>): ScopeLimits {
  const limits: { [name in QuotaName]?: number | null } = {};
  for (const name of QUOTA_NAMES) {
    const { text, without } = entries[name];
    if (without) limits[name] = null;
    else if (text !== '') limits[name] = Number(text);
  }
  return limits;
}
