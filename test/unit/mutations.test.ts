import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mutations } from '../mutations/mutations';

test.each(mutations.map(({ takesAway, file, from }) => [takesAway, file, from]))(
  'the mutation that takes away %s still applies',
  (_, file, from) => {
    expect(readFileSync(join(__dirname, '../..', file), 'utf8').split(from)).toHaveLength(2);
  },
);
