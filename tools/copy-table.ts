/**
 * `npm run table:copy -- --from TABLE --to TABLE`: after a restore, which makes a table of its own, brings what was
 * restored back into the table that the functions know.
 */
import { createTableClient } from '#adapters/aws/dynamodb/client.ts';
import { errorNameOf } from '#adapters/aws/errors.ts';
import { parseOptions, runTool, ToolError, UsageError } from './command-line.ts';
import { parseProfile } from './deploy/arguments.ts';
import { copyItems } from './table/copy-items.ts';

const HELP = `npm run table:copy -- --from TABLE --to TABLE [options]

Writes every item of one DynamoDB table into another, over what is there under the same key. What only the other has
stays. Stop the functions first (docs/operations.md, Recovery). Broken off, it can be run again.

  --from TABLE      the table that was restored
  --to TABLE        the table of the installation: output TableName of the stack <installation>-data
  --dry-run         counts, and writes nothing
  --profile NAME    a profile of the AWS CLI (default AWS_PROFILE, or the credentials in the environment)
  --region NAME     (default AWS_REGION, or that of the profile)
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

/** As DynamoDB takes it. */
const TABLE = /^[\w.-]{3,255}$/;
/** A page of a table is up to a megabyte. Milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

await runTool(async () => {
  const { from, to, profile, region, 'dry-run': dryRun, help } = parseOptions(process.argv.slice(2), OPTIONS);
  if (help) {
    console.log(HELP);
    return;
  }
  const tables = { from: tableName('--from', from), to: tableName('--to', to) };
  if (tables.from === tables.to) throw new UsageError('--from and --to are the same table');
  const named = parseProfile(profile);
  if (named !== undefined) process.env.AWS_PROFILE = named;
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

function tableName(option: string, given: string | undefined): string {
  if (given === undefined) throw new UsageError(`${option} is needed`);
  if (!TABLE.test(given)) throw new UsageError(`${option}: ${given} is no name of a table`);
  return given;
}
