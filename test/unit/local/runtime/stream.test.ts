import { overheard, type StreamSource } from '../../../../local/runtime/stream';
import { records } from './fixtures';

test('a listener gets what is read, shard by shard, before the reader does', async () => {
  const order: string[] = [];
  const source: StreamSource = {
    shards: async () => ['a', 'b'],
    reader: async (shardId, position) => {
      expect(position).toBe('TRIM_HORIZON');
      const left = [records(2), [], undefined];
      return { read: async (limit) => (shardId === 'b' && limit === 7 ? left.shift() : undefined) };
    },
  };
  const heard = overheard(source, async (list, shardId) => {
    await Promise.resolve();
    order.push(`heard ${list.length} of ${shardId}`);
  });
  expect(await heard.shards()).toEqual(['a', 'b']);
  const reader = await heard.reader('b', 'TRIM_HORIZON');
  for (let reads = 0; reads < 3; reads++) {
    const read = await reader.read(7);
    order.push(`read ${read?.length}`);
  }
  expect(order).toEqual(['heard 2 of b', 'read 2', 'read 0', 'read undefined']);
});
