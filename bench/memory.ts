import { type Stores, startStores, workload } from './stores';

const START = Date.UTC(2026, 3, 1);
const BATCH = 500;

/**
 * Bytes that Valkey takes for a transaction in its four histories (customer, token, device, address), keys and allocation
 * included, at two shapes of traffic. Left out: replicas' buffers and fragmentation over days.
 */
export async function run(): Promise<void> {
  const stores = await startStores();
  try {
    for (const [name, customers] of [
      ['14 transactions a customer and day', 2_000],
      ['5 transactions a customer and day', 6_000],
      ['1.2 transactions a customer and day', 25_000],
    ] as const) {
      await stores.clear();
      const before = await used(stores);
      const transactions = workload(30_000, customers, START);
      for (let i = 0; i < transactions.length; i += BATCH)
        await stores.history.append(transactions.slice(i, i + BATCH));
      const bytes = ((await used(stores)) - before) / transactions.length;
      console.log(`  ${name}: ${bytes.toFixed(0)} bytes a transaction`);
    }
  } finally {
    await stores.stop();
  }
}

async function used({ redis }: Stores): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
}
