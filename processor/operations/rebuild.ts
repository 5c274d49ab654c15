import { openConnection } from '../history/connect';
import { RedisHistoryStore } from '../history/redis';
import { SLACK_MS } from '../history/timeline';
import { PolicySource } from '../policy/policy';
import { rebuild as rebuildHistories } from '../rebuild';
import { judge } from '../rules';
import { allowedLatenessMs } from '../settings';
import { RebuildPostgresStore } from '../store/rebuild-store';
import { defineOperation } from './operation';

/**
 * Fills the histories from PostgreSQL while traffic flows, and judges again what was judged on less than 24 hours. It may be
 * repeated, and has to be where it ran out of time; nothing is done where nothing is missing.
 *
 * @throws when the histories are lost again meanwhile, or a store is away
 */
export const rebuild = defineOperation({
  by: 'operator',
  request: {},
  async run(_, { database }) {
    const lateness = allowedLatenessMs();
    const store = new RebuildPostgresStore(database);
    const history = new RedisHistoryStore({
      connect: openConnection,
      beginGeneration: (known) => store.beginGeneration(known),
      allowedLatenessMs: lateness,
    });
    try {
      const policy = await new PolicySource(database).current();
      return await rebuildHistories({ store, history, policy, judge }, lateness + SLACK_MS);
    } finally {
      history.close();
    }
  },
});
