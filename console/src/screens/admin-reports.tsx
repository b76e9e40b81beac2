import { useQuery } from '@tanstack/preact-query';
import type { Report } from '../api.ts';
import { ProblemNotice } from '../components/problem-notice.tsx';
import { ScrollableTable } from '../components/scrollable-table.tsx';
import { useConsole } from '../context.ts';
import { formatTime } from '../format.ts';
import { LIST_INTERVAL_MS } from '../polling.ts';
import { KEYS } from '../queries.ts';
import { TEXTS } from '../texts.ts';

const { reportColumns: columns } = TEXTS.admin;
const COUNTS = ['checked', 'repaired', 'deleted', 'quarantined', 'failed'] as const;

/** What the last sweeps have found and repaired. */
export function AdminReports() {
  const { api } = useConsole();
  const { data, error, refetch } = useQuery({
    queryKey: KEYS.reports,
    queryFn: ({ signal }) => api.reports(signal),
    refetchInterval: LIST_INTERVAL_MS,
  });
  return (
    <section>
      <h2>{TEXTS.admin.reports}</h2>
      {data === undefined && error === null && <p class="hint">{TEXTS.loading}</p>}
      {data === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
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
