import { CACHE_NODE_TYPES } from '../../lib/sizing';
import { PRICES_DATE, priceOf } from '../cost/prices';

/** A price in US dollars, and whether it was found in a source other than memory. */
interface Price {
  usd: number;
  /** False: an estimate, to be replaced from the calculator before it decides anything. */
  checked: boolean;
}

/** @param units how many of what is counted here make one of what AWS quotes the price for */
function of(name: string, units = 1): Price {
  const { usd, checked } = priceOf(name);
  return { usd: usd / units, checked: checked !== null };
}

/** Day of the table `scripts/cost/prices.json`, and its region: on demand, without tax. */
export const PRICES_OF = { date: PRICES_DATE, region: 'ap-northeast-1' };

/** A month of AWS's price examples, hours. */
export const HOURS_A_MONTH = 730;

export const PRICES = {
  /** An hour of a provisioned shard. */
  shardHour: of('kinesis.shard'),
  /** A PUT payload unit of up to 25 KB. */
  putUnit: of('kinesis.putUnit', 1e6),
  /** A gigabyte-second on arm64. */
  gigabyteSecond: of('lambda.armGbSecond'),
  /** An invocation. */
  invocation: of('lambda.requests', 1e6),
  /** An hour of an interface endpoint in a zone. */
  endpointHour: of('vpc.endpoint'),
  /** A GB of logs taken in. */
  logGigabyte: of('cloudwatch.logsIn'),
  /** A GiB-month of gp3 storage in one zone. */
  storageGibMonth: of('rds.gp3'),
} satisfies Record<string, Price>;

/** An hour of a cache node of engine redis. */
export const CACHE_NODE_HOUR: Record<string, Price> = Object.fromEntries(
  CACHE_NODE_TYPES.map((type) => [type, of(`elasticache.redis.${type}`)]),
);

/** Database classes, smallest first: cores, memory, and an hour of PostgreSQL in one zone. */
export const DATABASE_CLASSES: Record<string, { cores: number; memoryGib: number; hour: Price }> = {
  'db.t4g.medium': { cores: 2, memoryGib: 4, hour: of('rds.db.t4g.medium') },
  'db.m7g.large': { cores: 2, memoryGib: 8, hour: of('rds.db.m7g.large') },
  'db.m7g.xlarge': { cores: 4, memoryGib: 16, hour: of('rds.db.m7g.xlarge') },
  'db.m7g.2xlarge': { cores: 8, memoryGib: 32, hour: of('rds.db.m7g.2xlarge') },
  'db.m7g.4xlarge': { cores: 16, memoryGib: 64, hour: of('rds.db.m7g.4xlarge') },
  'db.m7g.8xlarge': { cores: 32, memoryGib: 128, hour: of('rds.db.m7g.8xlarge') },
  'db.m7g.16xlarge': { cores: 64, memoryGib: 256, hour: of('rds.db.m7g.16xlarge') },
};
