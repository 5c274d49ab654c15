/** Hours of the month that prices are quoted for. */
export const MONTH_HOURS = 730;

/** How an environment is used: everything the graph does not say. */
export interface Usage {
  /** Hours a month that the environment is there; AWS charges by the hour for most of it. */
  hours: number;
  /** Transactions a minute, the mean over these hours. */
  transactionsPerMinute: number;
  /** Mean size of a record with its partition key, bytes. */
  recordBytes: number;
  /** Transactions in a request over HTTPS, where there is an ingest and all come through it; 1 costs the most. */
  requestTransactions: number;
  /** Share of transactions that become an alert, or change one. */
  alertShare: number;
  /** Work of the functions that stream and archive hand batches to: for an invocation, and each transaction in it, milliseconds. */
  batchMs: number;
  transactionMs: number;
  /** What an invocation writes to its log, bytes: the metrics' line and a summary. */
  logBytes: number;
  /** What the VPC's flow logs amount to, GB a month of 730 hours. */
  flowLogGb: number;
  /** What goes through NAT gateways, where there are any, GB a month of 730 hours. */
  egressGb: number;
  /** Space of a transaction with its verdict and all indexes, bytes. */
  databaseBytes: number;
  /** Days that transactions stay in the database. */
  keptDays: number;
}

const COMMON: Omit<Usage, 'transactionsPerMinute'> = {
  hours: MONTH_HOURS,
  recordBytes: 1_024,
  requestTransactions: 1,
  alertShare: 0.01,
  batchMs: 40,
  transactionMs: 0.4,
  logBytes: 1_500,
  flowLogGb: 1,
  egressGb: 1,
  databaseBytes: 733, // docs/figures.json
  keptDays: 30,
};

/** What is taken for each estimate where nothing else is asked for. */
export const USAGE: Record<'dev' | 'prod' | 'scale', Usage> = {
  dev: { ...COMMON, transactionsPerMinute: 10 },
  prod: { ...COMMON, transactionsPerMinute: 1_000, flowLogGb: 5 },
  scale: { ...COMMON, transactionsPerMinute: 600_000, flowLogGb: 100, keptDays: 7 },
};

/** Transactions in the month. */
export function transactionsOf({ hours, transactionsPerMinute }: Usage): number {
  return hours * 60 * transactionsPerMinute;
}
