/** A price in US dollars, and whether it was found in a source other than memory. */
interface Price {
  usd: number;
  /** False: nobody looked it up; an estimate, to be replaced from the calculator before it decides anything. */
  checked: boolean;
}

const checked = (usd: number): Price => ({ usd, checked: true });
const unchecked = (usd: number): Price => ({ usd, checked: false });

/** When the checked prices were the list's, and where: AWS Price List API, on demand, without tax. */
export const PRICES_OF = { date: '2026-09-23', region: 'ap-northeast-1' };

/** A month of AWS's price examples, hours. */
export const HOURS_A_MONTH = 730;

export const PRICES = {
  /** An hour of a provisioned shard: APN1-Storage-ShardHour. */
  shardHour: checked(0.0195),
  /** A PUT payload unit of up to 25 KB: APN1-PutRequestPayloadUnits. */
  putUnit: checked(0.0215 / 1e6),
  /** A gigabyte-second on x86: APN1-Lambda-GB-Second. */
  gigabyteSecond: checked(0.0000166667),
  /** An invocation: APN1-Request. */
  invocation: checked(0.2 / 1e6),
  /** An hour of an interface endpoint in a zone: APN1-VpcEndpoint-Hours. */
  endpointHour: checked(0.014),
  /** A GB of logs taken in: APN1-DataProcessing-Bytes. */
  logGigabyte: checked(0.76),
  /** A GiB-month of gp3 storage in one zone: APN1-RDS:GP3-Storage. */
  storageGibMonth: unchecked(0.138),
} satisfies Record<string, Price>;

/** An hour of a cache node of engine redis: APN1-NodeUsage. */
export const CACHE_NODE_HOUR: Record<string, Price> = {
  'cache.t4g.micro': unchecked(0.025),
  'cache.t4g.small': unchecked(0.049),
  'cache.t4g.medium': unchecked(0.098),
  'cache.m7g.large': unchecked(0.194),
  'cache.r7g.large': checked(0.263),
  'cache.r7g.xlarge': unchecked(0.525),
  'cache.r7g.2xlarge': unchecked(1.048),
  'cache.r7g.4xlarge': unchecked(2.096),
  'cache.r7g.8xlarge': unchecked(4.192),
  'cache.r7g.12xlarge': unchecked(6.287),
  'cache.r7g.16xlarge': unchecked(8.384),
};

/** Database classes, smallest first: cores, memory, and an hour in one zone (APN1-InstanceUsage, PostgreSQL). */
export const DATABASE_CLASSES: Record<string, { cores: number; memoryGib: number; hour: Price }> = {
  'db.t4g.medium': { cores: 2, memoryGib: 4, hour: unchecked(0.101) },
  'db.m7g.large': { cores: 2, memoryGib: 8, hour: unchecked(0.234) },
  'db.m7g.xlarge': { cores: 4, memoryGib: 16, hour: unchecked(0.468) },
  'db.m7g.2xlarge': { cores: 8, memoryGib: 32, hour: unchecked(0.936) },
  'db.m7g.4xlarge': { cores: 16, memoryGib: 64, hour: unchecked(1.872) },
  'db.m7g.8xlarge': { cores: 32, memoryGib: 128, hour: unchecked(3.744) },
  'db.m7g.16xlarge': { cores: 64, memoryGib: 256, hour: unchecked(7.488) },
};
