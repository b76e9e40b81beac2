import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/preact-query';
import { useRef, useState } from 'preact/hooks';
import { toAddress } from '../addresses.ts';
import type { CreateBody, QuotaName } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { useConsole } from '../context.ts';
import { formatQuota, formatUsd } from '../format.ts';
import { type OfferChoice, type Size, templateOf, toOfferFields } from '../offers.ts';
import { openInTab } from '../open-workbench.ts';
import { describeProblem } from '../problems.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';
import { OfferFields } from './offer-fields.tsx';

export function Create() {
  const { api, config, announce } = useConsole();
  const client = useQueryClient();
  const offers = useQuery({ queryKey: KEYS.templates, queryFn: ({ signal }) => api.templates(signal) });
  const [name, setName] = useState<string>(TEXTS.create.defaultName);
  const [choice, setChoice] = useState<OfferChoice>({});
  const [own, setOwn] = useState<Size>({
    cpu: config.sizes.cpu.default,
    memory: config.sizes.memory.default,
    gpu: config.sizes.gpu.default,
  });
  const [idleMinutes, setIdleMinutes] = useState('');
  // One key for each content of the form: a second click after a lost response creates no second workbench.
  const key = useRef({ content: '', value: '' });

  const offerFields = toOfferFields(choice, own, offers.data);
  const idleOfTemplate = templateOf(choice, offers.data)?.idle_stop_minutes;
  const body = {
    workbench_name: name,
    ...offerFields,
    // Without a number that of the template or of the installation applies.
    ...(idleMinutes === '' ? {} : { idle_stop_minutes: Number(idleMinutes) }),
  };
  const create = async () => {
    const content = JSON.stringify(body);
    if (key.current.content !== content) key.current = { content, value: crypto.randomUUID() };
    const workbench = await api.create(body, key.current.value);
    key.current = { content: '', value: '' };
    return workbench;
  };
  const mutation = useMutation({
    mutationFn: async (opens: boolean) => {
      if (!opens) return await create();
      let created: Awaited<ReturnType<typeof create>> | undefined;
      await openInTab(async () => {
        created = await create();
        return await api.open({ workbenchId: created.workbench_id });
      });
      return created;
    },
    onSuccess: (workbench) => {
      void client.invalidateQueries({ queryKey: KEYS.lists });
      if (workbench === undefined) return;
      announce(TEXTS.becameStatus(workbench.workbench_name, TEXTS.status[workbench.status]));
      location.hash = toAddress({ name: 'workbench', workbenchId: workbench.workbench_id });
    },
  });
  const problems = mutation.error === null ? {} : describeProblem(mutation.error).fields;
  return (
    <>
      <h1>{TEXTS.screens.create}</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (mutation.isPending) return;
          mutation.mutate((event.submitter as HTMLButtonElement | null)?.value !== 'create');
        }}
      >
        <Field label={TEXTS.create.name} hint={TEXTS.create.nameHint} problem={problems.workbench_name}>
          {(attributes) => (
            <input
              {...attributes}
              required
              maxLength={128}
              value={name}
              autocomplete="off"
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          )}
        </Field>
        {offers.isPending && <p class="hint">{TEXTS.loading}</p>}
        {offers.isError && <ProblemNotice error={offers.error} onRetry={() => void offers.refetch()} />}
        {offers.data && (
          <OfferFields
            offers={offers.data}
            choice={choice}
            onChoose={setChoice}
            own={own}
            onChangeOwn={setOwn}
            problems={problems}
          />
        )}
        <Field
          label={TEXTS.stops.idle}
          hint={idleHintOf(idleOfTemplate)}
          problem={problems.idle_stop_minutes}
        >
          {(attributes) => (
            <input
              {...attributes}
              type="number"
              min={1}
              step={1}
              value={idleMinutes}
              onInput={({ currentTarget }) => setIdleMinutes(currentTarget.value)}
            />
          )}
        </Field>
        {offers.isFetched && <CreatePreview body={offerFields} />}
        <ProblemNotice error={mutation.error} />
        <div class="actions">
          <button type="submit" class="primary" value="open" aria-disabled={mutation.isPending}>
            {TEXTS.create.submitAndOpen}
          </button>
          <button type="submit" value="create" aria-disabled={mutation.isPending}>
            {TEXTS.create.submit}
          </button>
        </div>
        <p class="hint">{TEXTS.create.opens}</p>
      </form>
    </>
  );
}

/** @param ofTemplate the limit in minutes; null: never; undefined: that of the installation */
function idleHintOf(ofTemplate: number | null | undefined): string {
  if (ofTemplate === undefined) return TEXTS.create.idleHint;
  return ofTemplate === null ? TEXTS.create.idleNever : TEXTS.create.idleOfTemplate(ofTemplate);
}

/** What a workbench would leave of the quota, and cost. Shows nothing that the API does not say. */
function CreatePreview({ body }: { readonly body: CreateBody }) {
  const { api } = useConsole();
  const { data, error } = useQuery({
    queryKey: ['preview', JSON.stringify(body)],
    queryFn: ({ signal }) => api.preview(body, signal),
    placeholderData: keepPreviousData,
  });
  // The form itself says what is wrong, once it is sent.
  if (data === undefined || error !== null) return null;
  const perHour = data.estimate?.per_hour_running;
  const left = (Object.entries(data.quota.left) as [QuotaName, number | null][]).flatMap(([name, amount]) =>
    amount === null ? [] : [TEXTS.create.left(TEXTS.usage.names[name], formatQuota(name, amount))],
  );
  if (perHour === undefined && left.length === 0) return null;
  return (
    <ul class="hint">
      {perHour !== undefined && <li>{TEXTS.create.costs(formatUsd(perHour))}</li>}
      {left.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}
