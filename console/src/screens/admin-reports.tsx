import { useMutation, useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import type { Report, StartedSweep, SweepName } from '../api.ts';
import { Field } from '../components/field.tsx';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScrollableTable } from '../components/tables.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS, SWEEP_INTERVAL_MS } from '../polling.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

const { reportColumns: columns } = TEXTS.admin;
const COUNTS = ['checked', 'repaired', 'deleted', 'quarantined', 'failed'] as const;

/** What the last sweeps have found and repaired. */
export function AdminReports() {
  const { api } = useConsole();
  const [started, setStarted] = useState<StartedSweep>();
  const { data, error, refetch } = useQuery({
    queryKey: KEYS.reports,
    queryFn: ({ signal }) => api.reports(signal),
    refetchInterval: ({ state }) =>
      started === undefined || hasReport(state.data, started) ? LIST_INTERVAL_MS : SWEEP_INTERVAL_MS,
  });
  return (
    <section>
      <h2>{TEXTS.admin.reports}</h2>
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data && <StartSweep reports={data} started={started} onStarted={setStarted} />}
      {data?.length === 0 && <p>{TEXTS.admin.noReports}</p>}
      {data && data.length > 0 && (
        <ScrollableTable label={TEXTS.admin.reportsTable}>
          <thead>
            <tr>
              <th scope="col">{columns.sweep}</th>
              <th scope="col">{columns.ended}</th>
              {COUNTS.map((count) => (
                <th key={count} scope="col">
                  {columns[count]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map((report) => (
              <tr key={`${report.sweep} ${report.started_at}`}>
                <th scope="row">
                  {report.sweep}
                  <Findings report={report} />
                </th>
                <td>{formatTime(report.ended_at)}</td>
                {COUNTS.map((count) => (
                  <td key={count}>{report[count]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </ScrollableTable>
      )}
    </section>
  );
}

interface StartSweepProps {
  readonly reports: readonly Report[];
  readonly started: StartedSweep | undefined;
  readonly onStarted: (started: StartedSweep) => void;
}

/** Offers the sweeps that this installation has: those that have written reports. */
function StartSweep({ reports, started, onStarted }: StartSweepProps) {
  const { api } = useConsole();
  const sweeps = [...new Set(reports.map(({ sweep }) => sweep))]
    .filter((sweep) => sweep !== 'unknown')
    .sort();
  const [chosen, setChosen] = useState<SweepName>();
  const start = useMutation({
    mutationFn: (sweep: SweepName) => api.startSweep(sweep),
    onSuccess: onStarted,
  });
  const sweep = chosen ?? sweeps[0];
  if (sweep === undefined) return null;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!start.isPending) start.mutate(sweep);
      }}
    >
      <Field label={TEXTS.admin.sweep}>
        {(attributes) => (
          <select
            {...attributes}
            value={sweep}
            onChange={({ currentTarget }) => setChosen(currentTarget.value as SweepName)}
          >
            {sweeps.map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        )}
      </Field>
      <button type="submit" aria-disabled={start.isPending}>
        {TEXTS.admin.startSweep}
      </button>
      <p role="status">{started === undefined ? '' : describeSweep(started, reports)}</p>
      <ProblemNotice error={start.error} />
    </form>
  );
}

function describeSweep(started: StartedSweep, reports: readonly Report[]): string {
  const describe = hasReport(reports, started) ? TEXTS.admin.sweepEnded : TEXTS.admin.sweepStarted;
  return describe(started.sweep);
}

function hasReport(
  reports: readonly Report[] | undefined,
  { sweep, requested_at: from }: StartedSweep,
): boolean {
  return reports?.some((report) => report.sweep === sweep && report.started_at >= from) ?? false;
}

function Findings({ report }: { readonly report: Report }) {
  const { findings, deletion_limit_exceeded: overLimit } = report;
  return (
    <>
      {overLimit && <p class="field-problem">{TEXTS.admin.overDeletionLimit}</p>}
      {findings.length > 0 && (
        <details>
          <summary>{TEXTS.admin.findings(findings.length)}</summary>
          <ul>
            {findings.map(({ id, result, reason }) => (
              <li key={`${id} ${result}`}>
                <code>{id}</code> {result}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
