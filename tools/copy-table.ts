/**
 * `npm run table:copy -- --from TABLE --to TABLE`: copies the items of a restored table into the table that the
 * functions
 * use. DynamoDB always restores into a new table.
 */
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { errorNameOf } from '#adapters/aws/errors.ts';
import { parseOptions, runTool, ToolError, UsageError } from './command-line.ts';
import { parseProfile } from './deploy/arguments.ts';
import { copyItems } from './table/copy-items.ts';

const HELP = `npm run table:copy -- --from TABLE --to TABLE [options]

Copies every item of one DynamoDB table into another and overwrites items with the same key. Other items of the target
table are kept. Stop the functions first (docs/operations.md, Recovery). After an interruption, run it again.

  --from TABLE      the restored table
  --to TABLE        the table of the installation: output TableName of the stack <installation>-data
  --dry-run         only counts the items
  --profile NAME    profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --region NAME     region (default AWS_REGION, or the region of the profile)
  --help
`;

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  profile: { type: 'string' },
  region: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** DynamoDB's syntax of table names. */
const TABLE = /^[\w.-]{3,255}$/;
/** A page has up to 1 MB. */
const REQUEST_TIMEOUT_MS = 30_000;

await runTool(async () => {
  const { from, to, profile, region, 'dry-run': dryRun, help } = parseOptions(process.argv.slice(2), OPTIONS);
  if (help) {
    console.log(HELP);
    return;
  }
  const tables = { from: parseTableName('--from', from), to: parseTableName('--to', to) };
  if (tables.from === tables.to) throw new UsageError('--from and --to are the same table');
  const profileName = parseProfile(profile);
  if (profileName !== undefined) process.env.AWS_PROFILE = profileName;
  const client = createTableClient({
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    ...(region === undefined ? {} : { region }),
  });
  try {
    const onProgress = (items: number) => console.log(`  ${items} items`);
    const items = await copyItems(client, { ...tables, dryRun, onProgress });
    console.log(
      `${items} items ${dryRun ? 'would be written' : 'written'} from ${tables.from} into ${tables.to}`,
    );
  } catch (error) {
    throw new ToolError(`${errorNameOf(error)}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    client.destroy();
  }
});

function parseTableName(option: string, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`${option} is required`);
  if (!TABLE.test(value)) throw new UsageError(`${option}: ${value} is not a valid table name`);
  return value;
}
