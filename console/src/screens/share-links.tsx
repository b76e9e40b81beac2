import { useMutation, useQuery, useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { CreatedLink, LinkBody, ShareLink, Target } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { describeProblem } from '../problems.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

/** The most uses of a link, as the API has it. */
const USES_MAX = 100;

/** The links with which others give themselves a share of a workbench. */
export function ShareLinks({ target }: { readonly target: Target }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const key = KEYS.links(target.workbenchId);
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.links(target, signal),
  });
  // A link counts as revoked only when the API has confirmed it.
  const revocation = useMutation({
    mutationFn: ({ link, withShares }: { readonly link: ShareLink; readonly withShares: boolean }) =>
      api.deleteLink(target, link.link_id, withShares),
    onSuccess: (_result, { withShares }) =>
      announce(withShares ? TEXTS.links.revokedWithShares : TEXTS.links.revoked),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: key }),
        client.invalidateQueries({ queryKey: KEYS.shares(target.workbenchId) }),
      ]),
  });
  const revoke = (link: ShareLink, withShares: boolean) =>
    !revocation.isPending && revocation.mutate({ link, withShares });
  return (
    <section>
      <h2>{TEXTS.links.title}</h2>
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && <p>{TEXTS.links.none}</p>}
      {data !== undefined && data.length > 0 && (
        <ul class="rows">
          {data.map((link) => (
            <li key={link.link_id}>
              <span>
                <strong>{TEXTS.shares.roles[link.role]}</strong>:{' '}
                {TEXTS.links.left(link.uses_left, link.uses)}
                <span class="hint">
                  {' '}
                  {TEXTS.links.until(formatTime(link.redeemable_until))} {TEXTS.links.id(link.link_id)}
                </span>
              </span>
              <span class="actions">
                <button
                  type="button"
                  aria-label={TEXTS.links.revokeOf(link.link_id)}
                  aria-disabled={revocation.isPending}
                  onClick={() => revoke(link, false)}
                >
                  {TEXTS.links.revoke}
                </button>
                <button
                  type="button"
                  aria-label={TEXTS.links.revokeWithSharesOf(link.link_id)}
                  aria-disabled={revocation.isPending}
                  onClick={() => revoke(link, true)}
                >
                  {TEXTS.links.revokeWithShares}
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <ProblemNotice error={revocation.error} />
      <CreateLink target={target} />
    </section>
  );
}

function CreateLink({ target }: { readonly target: Target }) {
  const { api, announce } = useConsole();
  const client = useQueryClient();
  const [role, setRole] = useState<LinkBody['role']>('use');
  const [uses, setUses] = useState('1');
  const [until, setUntil] = useState('');
  const creation = useMutation({
    mutationFn: () => {
      const end = until === '' ? {} : { expires_at: new Date(until).toISOString() };
      return api.createLink(target, { role, uses: Number(uses), ...end });
    },
    onSuccess: () => announce(TEXTS.links.created),
    onSettled: () => client.invalidateQueries({ queryKey: KEYS.links(target.workbenchId) }),
  });
  const problems = creation.error === null ? {} : describeProblem(creation.error).fields;
  return (
    <>
      {creation.data && <NewLink link={creation.data} />}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!creation.isPending) creation.mutate();
        }}
      >
        <div class="columns">
          <Field label={TEXTS.links.role}>
            {(attributes) => (
              <select
                {...attributes}
                value={role}
                onChange={({ currentTarget }) => setRole(currentTarget.value as LinkBody['role'])}
              >
                {(['use', 'manage'] as const).map((value) => (
                  <option key={value} value={value}>
                    {TEXTS.shares.roles[value]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={TEXTS.links.uses} problem={problems.uses}>
            {(attributes) => (
              <input
                {...attributes}
                type="number"
                required
                min={1}
                max={USES_MAX}
                value={uses}
                onInput={({ currentTarget }) => setUses(currentTarget.value)}
              />
            )}
          </Field>
          <Field label={TEXTS.links.end} hint={TEXTS.links.endHint} problem={problems.expires_at}>
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
        <p class="hint">{TEXTS.links.warning}</p>
        <ProblemNotice error={creation.error} />
        <button type="submit" aria-disabled={creation.isPending}>
          {TEXTS.links.create}
        </button>
      </form>
    </>
  );
}

/** The address has the secret of the link: it is kept in this component only, until the screen is left. */
function NewLink({ link: { url, code } }: { readonly link: CreatedLink }) {
  const { announce } = useConsole();
  const text = url ?? code;
  return (
    <div class="notice" role="status">
      <Field
        label={url === undefined ? TEXTS.links.newCode : TEXTS.links.newAddress}
        hint={url === undefined ? TEXTS.links.codeHint : TEXTS.links.addressHint}
      >
        {(attributes) => (
          <input
            {...attributes}
            readOnly
            value={text}
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
        )}
      </Field>
      <button
        type="button"
        onClick={() =>
          void navigator.clipboard.writeText(text).then(
            () => announce(TEXTS.links.copied),
            () => announce(TEXTS.links.notCopied),
          )
        }
      >
        {TEXTS.links.copy}
      </button>
    </div>
  );
}
