import type { ListHit } from '../types';
import { defineRule } from './rule';

function listed<List extends ListHit['list']>(list: List, description: string, source: string) {
  return defineRule({
    name: `${list}-list`,
    description,
    source,
    unit: 'entries',
    parameters: {},
    evaluate(_transaction, { listHits }) {
      const hits = listHits.filter((hit) => hit.list === list);
      if (hits.length === 0) return undefined;
      const entries: Record<string, string> = {};
      for (const { of, entry, reason } of hits) {
        const before = entries[of] === undefined ? '' : `${entries[of]}; `;
        entries[of] = `${before}${entry}: ${reason}`;
      }
      return { observed: hits.length, limit: 0, ...entries };
    },
  });
}

export const blockList = listed(
  'block',
  'Entries of the block list that name something of the transaction',
  'ours: somebody has decided on it already',
);

export const watchList = listed(
  'watch',
  'Entries of the watch list that name something of the transaction',
  'ours: somebody, or a confirmed fraud, has asked for it to be looked at',
);

export const allowList = listed(
  'allow',
  'Entries of the allow list that name something of the transaction; the decision is then allow, whatever the score, unless the block list fires too',
  'ours: what it allows stays in the score, so that it can be seen what the entry keeps out',
);
