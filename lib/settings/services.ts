import * as z from 'zod/mini';
import { FILE_PRICES } from '../instance-types.ts';
import { amount, choice, flag, group, integer, list, numberOf, text } from './setting-types.ts';

/** Settings of single services. */

export const imageSetting = group(
  {
    tag: z.optional(
      text({
        description:
          'A tag in the image repository of this installation. Each push can overwrite `latest`; every other tag is immutable.',
        expected: 'a tag of at most 128 letters, digits, dots, dashes and underscores',
        pattern: /^\w[\w.-]{0,127}$/,
      }),
    ),
    digest: z.optional(
      text({
        description: 'The digest of an image in that repository, instead of a tag.',
        expected: '`sha256:` and 64 hexadecimal digits',
        pattern: /^sha256:[0-9a-f]{64}$/,
      }),
    ),
    architecture: z._default(
      choice({
        description: 'The architecture of the image. All instances must have it.',
        of: ['x86_64', 'arm64'],
      }),
      'x86_64',
    ),
    uid: z._default(
      integer({
        description: 'The user id of the image, which owns the files of workbenches. Not root.',
        min: 1,
        max: 4_294_967_294,
      }),
      1000,
    ),
    gid: z._default(integer({ description: 'The group id of that user.', min: 1, max: 4_294_967_294 }), 1000),
  },
  { description: 'The image of workbenches. A workbench uses a new image from its next start.' },
);

export const storageSetting = group(
  {
    fileSystems: z._default(
      integer({
        description:
          'Number of file systems over which new workbenches are distributed. One file system supports 10,000 workbenches. Never decrease it.',
        min: 1,
        max: 20,
      }),
      1,
    ),
    backupRetentionDays: z._default(
      integer({
        description:
          'Retention of the daily backups of files. Deleted files remain in the backups for this time.',
        unit: 'days',
        min: 1,
        max: 3650,
      }),
      35,
    ),
    pricePerGibMonth: z._default(
      amount({
        description:
          'Price of files with their backups, for the costs that the API shows. By default the list price of us-east-1 for files that are used: 0.30, and 0.05 for backups. `0`: files are not measured.',
        unit: 'USD per GiB and month',
        min: 0,
        max: 100,
      }),
      FILE_PRICES.files + FILE_PRICES.backups,
    ),
    existingBackupVault: z.optional(
      text({
        description:
          'Name of an existing backup vault. Use it to deploy again after the stacks were deleted: the vault `<installation>-files` stays, and a new one cannot have its name. By default a new vault with that name is created.',
        expected: '2 to 50 letters, digits, hyphens and underscores',
        pattern: /^[\w-]{2,50}$/,
      }),
    ),
    pointInTimeRecoveryDays: z._default(
      integer({
        description: 'The period for which the table can be restored to any second.',
        unit: 'days',
        min: 1,
        max: 35,
      }),
      35,
    ),
    denyOtherRoles: z._default(
      flag({
        description:
          'The policies of the file systems deny every role except those of this installation and `operatorRoles`. They use a condition that EFS does not document (`aws:PrincipalArn`). Set it to `false` only if mounts fail with access denied after the first deployment: any role of the account whose own policy allows it can then mount.',
      }),
      true,
    ),
    operatorRoles: z._default(
      list(
        text({
          description: 'ARN of a role.',
          expected: 'the ARN of a role',
          pattern: /^arn:[a-z-]{1,20}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
        }),
        {
          description:
            'Roles of operators that may mount the file systems, for example to inspect quarantined volumes. The policies of these roles decide what they may do there.',
          expected: 'ARNs of roles',
          min: 0,
          max: 10,
        },
      ),
      [],
    ),
  },
  { description: 'Records and files. Both are retained when the stacks are deleted.' },
);

export const apiSetting = group(
  {
    prefix: z.optional(
      text({
        description: 'Prefix of every path of the API.',
        expected: 'path segments such as `/api/v1`, without a trailing slash',
        pattern: /^(\/[A-Za-z0-9_-][A-Za-z0-9._~-]*)+$/,
      }),
    ),
    corsOrigins: z._default(
      list(
        text({
          description: 'An origin.',
          expected: 'an origin such as `https://app.example.com`, or `*`',
          pattern: /^[\x21-\x7e]{1,256}$/,
        }),
        {
          description: 'The origins whose pages may call the API from a browser.',
          expected: 'origins',
          min: 0,
          max: 20,
        },
      ),
      [],
    ),
    authCacheSeconds: z._default(
      integer({
        description:
          'How long API Gateway caches the result of the authorizer for a token. 0 disables the cache.',
        unit: 's',
        min: 0,
        max: 60,
      }),
      60,
    ),
    requestsPerSecond: z._default(
      amount({
        description: 'Rate limit of all callers together. Requests above it get a 429 response.',
        unit: 'requests/s',
        min: 1,
        max: 10_000,
      }),
      200,
    ),
    burst: z._default(
      integer({ description: 'Burst limit of all callers together.', unit: 'requests', min: 1, max: 5000 }),
      400,
    ),
  },
  { description: 'The HTTP API.' },
);

/** The retention periods that CloudWatch accepts. */
const RETENTION_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653] as const;

const retention = (description: string) =>
  numberOf({
    description,
    unit: 'days',
    of: RETENTION_DAYS,
    expected: `one of ${RETENTION_DAYS.join(', ')}`,
  });

export const logsSetting = group(
  {
    retentionDays: z._default(retention('Retention of the logs of the controller.'), 30),
    workbenchRetentionDays: z._default(retention('Retention of the output of workbenches.'), 14),
  },
  { description: 'Logs.' },
);

const budget = (what: string) =>
  amount({ description: `${what}.`, unit: 'GB/day', min: 0.1, max: 1_000_000 });

export const alarmsSetting = group(
  {
    email: z.optional(
      text({
        description:
          'The address that receives alarms. The recipient must confirm the subscription once. Without it alarms are visible only in CloudWatch.',
        expected: 'an e-mail address',
        pattern: /^[^\s@]{1,64}@[^\s@]{1,190}$/,
      }),
    ),
    latencySeconds: z._default(
      amount({
        description: 'The alarm starts if the p99 latency of the API is above this for 15 minutes.',
        unit: 's',
        min: 0.1,
        max: 29,
      }),
      3,
    ),
    queueAgeSeconds: z._default(
      integer({
        description:
          'The alarm starts if a message is in a work queue for longer than this. A message can have a delay of up to 900 s.',
        unit: 's',
        min: 960,
        max: 86_400,
      }),
      1800,
    ),
    budgets: z.prefault(
      group(
        {
          logGbPerDay: z._default(budget('What workbenches print, which goes to CloudWatch Logs'), 10),
          fileGbPerDay: z._default(budget('What workbenches read and write on one file system'), 200),
          natGbPerDay: z._default(
            budget(
              'What workbenches send to the internet and receive from it through the NATs of `network.own`',
            ),
            100,
          ),
        },
        {
          description:
            'What AWS bills by the byte and nothing limits. An alarm starts if a quarter of the budget is used within six hours; docs/costs.md has the prices.',
        },
      ),
      {},
    ),
  },
  { description: 'Alarms.' },
);

export const ecsSetting = group(
  {
    awsvpcTrunking: z._default(
      choice({
        description:
          'Turns on the account setting `awsvpcTrunking`, so that a new instance can run many more workbenches: for the `role` of the instances alone, or for the whole `account` and region, which stays so. With `off` no setting is turned on.',
        of: ['role', 'account', 'off'],
      }),
      'role',
    ),
    containerInsights: z._default(
      flag({
        description:
          'Turns on CloudWatch Container Insights. AWS then bills several custom metrics for each workbench.',
      }),
      false,
    ),
  },
  { description: 'The ECS cluster.' },
);

export const accountSetting = text({
  description:
    'The account to deploy to. Credentials of another account are refused. By default the account of the credentials.',
  expected: '12 digits',
  pattern: /^\d{12}$/,
});

export const regionSetting = text({
  description: 'The region to deploy to. By default the region of the credentials.',
  expected: 'a region such as `us-west-1`',
  pattern: /^[a-z]{2}(-[a-z]+)+-\d$/,
});

export const installationSetting = text({
  description:
    'Name of the installation. It identifies its resources in the account and prefixes the names of its stacks. `workbench-<stage>` by default. Never change it: the controller would no longer find resources with the old name.',
  expected: '3 to 32 lower-case letters, digits and hyphens, starting with a letter',
  pattern: /^(?!aws|ecs|fargate)[a-z][a-z0-9-]{1,30}[a-z0-9]$/,
});

export const baseUrlSetting = text({
  description: 'Base address of workbenches. A workbench is at `<baseUrl>/project/<workbench_id>`.',
  expected: 'an https or http address without query or fragment',
  pattern: /^https?:\/\/[\x21-\x7e]{1,2000}$/,
});

export const productionSetting = flag({
  description:
    'True for a stage that users work on. Then the image must be pinned, `alarms.email` is required, and the stacks have termination protection.',
});
