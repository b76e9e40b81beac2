import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Share, ShareBody, Target } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { describeGrantee, type GranteeKind, toGrantee } from '../grantees.ts';
import { describeProblem } from '../problems.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** With whom a workbench is shared. */
export function Shares({ target }: { readonly target: Target }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const key = KEYS.shares(target.workbenchId);
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.shares(target, signal),
  });
  // Not removed before the API has confirmed it: the list must not hide a user who still has access.
  const removal = useMutation({
    mutationFn: ({ grantee }: Share) => api.deleteShare(target, grantee),
    onSuccess: (_result, { grantee }) => announce(TEXTS.shares.removed(describeGrantee(grantee))),
    onSettled: () => client.invalidateQueries({ queryKey: key }),
  });
  return (
    <section>
      <h2>{TEXTS.shares.title}</h2>
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && <p>{TEXTS.shares.none}</p>}
      {data !== undefined && data.length > 0 && (
        <ul class="rows">
          {data.map((share) => {
            const name = describeGrantee(share.grantee);
            return (
              <li key={share.grantee}>
                <span>
                  <strong>{name}</strong>: {TEXTS.shares.roles[share.role]}
                  <span class="hint">
                    {' '}
                    {TEXTS.shares.until}:{' '}
                    {share.expires_at ? formatTime(share.expires_at) : TEXTS.shares.noEnd}
                  </span>
                </span>
                <button
                  type="button"
                  aria-label={TEXTS.shares.removeOf(name)}
                  aria-disabled={removal.isPending}
                  onClick={() => !removal.isPending && removal.mutate(share)}
                >
                  {TEXTS.shares.remove}
                </button>
              </li>
            );
          })}
        </ul>
      )}
      <ProblemNotice error={removal.error} />
      <AddShare target={target} />
    </section>
  );
}

function AddShare({ target }: { readonly target: Target }) {
  const { api, config, announce } = useConsole();
  const client = useQueryClient();
  const [kind, setKind] = useState<GranteeKind>('user');
  const [name, setName] = useState('');
  const [role, setRole] = useState<ShareBody['role']>('use');
  const [until, setUntil] = useState('');
  const kinds: readonly GranteeKind[] = [
    'user',
    'group',
    ...(config.organisationShares ? ['organisation' as const] : []),
  ];
  const addition = useMutation({
    mutationFn: () => {
      const end = until === '' ? {} : { expires_at: new Date(until).toISOString() };
      return api.setShare(target, toGrantee(kind, name.trim()), { role, ...end });
    },
    onSuccess: ({ grantee }) => {
      announce(TEXTS.shares.added(describeGrantee(grantee)));
      setName('');
    },
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.shares(target.workbenchId) }),
  });
  const problems = addition.error === null ? {} : describeProblem(addition.error).fields;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!addition.isPending) addition.mutate();
      }}
    >
      <div class="columns">
        <Field label={TEXTS.shares.kind}>
          {(attributes) => (
            <select
              {...attributes}
              value={kind}
              onChange={({ currentTarget }) => setKind(currentTarget.value as GranteeKind)}
            >
              {kinds.map((value) => (
                <option key={value} value={value}>
                  {TEXTS.shares.kinds[value]}
                </option>
              ))}
            </select>
          )}
        </Field>
        {kind !== 'organisation' && (
          <Field label={TEXTS.shares.name} problem={problems.grantee}>
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
        )}
        <Field label={TEXTS.shares.role}>
          {(attributes) => (
            <select
              {...attributes}
              value={role}
              onChange={({ currentTarget }) => setRole(currentTarget.value as ShareBody['role'])}
            >
              {(['use', 'manage'] as const).map((value) => (
                <option key={value} value={value}>
                  {TEXTS.shares.roles[value]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={TEXTS.shares.until} hint={TEXTS.shares.untilHint} problem={problems.expires_at}>
          {(attributes) => (
            <input
              {...attributes}
              type="datetime-local"
              value={until}
              onInput={({ currentTarget }) => setUntil(currentTarget.value)}
            />
          )}
        </Field>
      </div>
      <p class="hint">{TEXTS.shares.warning}</p>
      <ProblemNotice error={addition.error} />
      <button type="submit" aria-disabled={addition.isPending}>
        {TEXTS.shares.add}
      </button>
    </form>
  );
}
