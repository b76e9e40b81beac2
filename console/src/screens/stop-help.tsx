import { TEXTS } from '../texts.ts';

const KEEP_COMMAND = `curl -X POST "$WB_ACTIVITY_URL" -H "Authorization: Bearer $WB_ACTIVITY_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d "{\\"keepalive_until\\": \\"$(date -u -d '+6 hours' +%FT%TZ)\\"}"`;

/** Explains why workbenches stop by themselves, and how to keep them running: the essence of docs/idle-stop.md, which an installation does not serve. */
export function StopHelp() {
  const { title, reasons, ways } = TEXTS.stopHelp;
  const [extend, keep, change] = ways;
  return (
    <details>
      <summary>{title}</summary>
      {reasons.map((reason) => (
        <p key={reason}>{reason}</p>
      ))}
      <ul>
        <li>{extend}</li>
        <li>
          {keep}
          <pre>{KEEP_COMMAND}</pre>
        </li>
        <li>{change}</li>
      </ul>
    </details>
  );
}
