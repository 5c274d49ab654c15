/** One safeguard taken away: the text `from`, which its file holds once, becomes `to`. */
export interface Mutation {
  takesAway: string;
  file: string;
  from: string;
  to: string;
  /** The Jest project and the pattern of the test files that must notice. */
  project: 'unit' | 'stores';
  tests: string;
}

const CONVERGENCE = { project: 'unit', tests: 'processor/convergence' } as const;
const HISTORY = { project: 'unit', tests: 'processor/history/' } as const;
const SERVER = { project: 'stores', tests: 'stores/redis' } as const;
const PIPELINE = { project: 'unit', tests: 'processor/(convergence|pipeline)' } as const;

export const mutations: readonly Mutation[] = [
  {
    takesAway: 'appending before reading',
    file: 'processor/pipeline.ts',
    from: 'const snapshot = await history.append(transactions);',
    to: 'const snapshot = await history.read(transactions); await history.append(transactions);',
    ...CONVERGENCE,
  },
  {
    takesAway: 'committing a transaction before it enters a history',
    file: 'processor/pipeline.ts',
    from: 'const { stored, repeated, conflicts, judged } = await store.accept(arrivals, quarantined);',
    to: 'if (arrivals.length > 0) await dependencies.history.append(arrivals.map((a) => a.transaction));\nconst { stored, repeated, conflicts, judged } = await store.accept(arrivals, quarantined);',
    ...CONVERGENCE,
  },
  {
    takesAway: 'judging those again that a transaction arrived behind',
    file: 'processor/pipeline.ts',
    from: '[...own.judgements, ...revised.judgements],',
    to: '[...own.judgements],',
    ...CONVERGENCE,
  },
  {
    takesAway: 'recording own judgements and revisions together',
    file: 'processor/pipeline.ts',
    from: 'const revised = await judging.judgeOvertaken(transactions, snapshot);',
    to: 'await store.record(own.judgements, [], snapshot.generation.number);\nconst revised = await judging.judgeOvertaken(transactions, snapshot);',
    ...CONVERGENCE,
  },
  {
    takesAway: 'asking whether a transaction was judged, not only stored',
    file: 'processor/pipeline.ts',
    from: '!judged.has(transaction.transactionId)',
    to: '!(stored < arrivals.length && !judged.has(transaction.transactionId)) && !judged.has(transaction.transactionId)',
    ...CONVERGENCE,
  },
  {
    takesAway: 'the order of judgements by what they rest on',
    file: 'processor/history/history.ts',
    from: 'return number * POSITIONS_OF_A_GENERATION + appended;',
    to: 'return number * POSITIONS_OF_A_GENERATION - appended;',
    ...CONVERGENCE,
  },
  {
    takesAway: 'positions of a later generation above those of an earlier one',
    file: 'processor/history/history.ts',
    from: 'return number * POSITIONS_OF_A_GENERATION + appended;',
    to: 'return POSITIONS_OF_A_GENERATION + appended + 0 * number;',
    ...CONVERGENCE,
  },
  {
    takesAway: 'judging on one generation of the histories',
    file: 'processor/pipeline.ts',
    from: 'if (revised.generation.number !== snapshot.generation.number) continue;',
    to: '',
    ...CONVERGENCE,
  },
  {
    takesAway: 'judging again when the histories were rebuilt meanwhile',
    file: 'processor/pipeline.ts',
    from: 'if (recorded) return [own, revised];',
    to: 'if (recorded || !recorded) return [own, revised];',
    ...CONVERGENCE,
  },
  {
    takesAway: 'whole histories as the condition of judging again',
    file: 'processor/judging.ts',
    from: 'affected.filter((transaction) => isWhole(current, transaction))',
    to: 'affected.filter(() => isWhole !== undefined)',
    ...PIPELINE,
  },
  {
    takesAway: 'the generation in the coverage of a verdict',
    file: 'processor/history/history.ts',
    from: 'let since = completeAfter;',
    to: 'let since = Number.NEGATIVE_INFINITY;',
    ...PIPELINE,
  },
  {
    takesAway: 'the order of transactions of one moment by their ids',
    file: 'processor/judging.ts',
    from: "return this.known.get(ref)?.transactionId ?? '';",
    to: "return this.unknown.length > 0 ? '' : String(ref.print);",
    ...CONVERGENCE,
  },
  {
    takesAway: 'filling the histories in a rebuild',
    file: 'processor/rebuild.ts',
    from: 'restored += await history.restore(transactions);',
    to: 'restored += transactions.length * 0;',
    ...CONVERGENCE,
  },
  {
    takesAway: 'judging again, in a rebuild, those that others arrived behind',
    file: 'processor/rebuild.ts',
    from: 'const revised = await judging.judgeOvertaken(transactions, snapshot);',
    to: 'const revised = await judging.judgeOvertaken([], snapshot);',
    ...CONVERGENCE,
  },
  {
    takesAway: 'judging again, in a rebuild, also what another arrived behind and had judged again',
    file: 'processor/store/rebuild-store.ts',
    from: "AND (o.triggered_by = o.transaction_id OR o.triggered_by LIKE 'rebuild/%'))",
    to: ')',
    project: 'unit',
    tests: 'processor/store/rebuild-store',
  },
  {
    takesAway: 'asking which server it is on each new connection',
    file: 'processor/history/redis.ts',
    from: 'this.believed = undefined;',
    to: '',
    ...SERVER,
  },
  {
    takesAway: 'the server in the marker',
    file: 'processor/history/redis.ts',
    from: 'seen.server === server',
    to: 'seen.server.length === server.length',
    ...SERVER,
  },
  {
    takesAway: 'marking with none but a generation that this worker began',
    file: 'processor/history/redis.ts',
    from: 'if (begun) return this.mark(',
    to: 'if (begun || !begun) return this.mark(',
    ...HISTORY,
  },
  {
    takesAway: 'the check of the marker in each script',
    file: 'processor/history/scripts.ts',
    from: 'if marker ~= ARGV[1] then return marker end',
    to: "if ARGV[1] == '' then return marker end",
    ...SERVER,
  },
  {
    takesAway: 'replacing the marker only where it is what was seen',
    file: 'processor/history/scripts.ts',
    from: "if (redis.call('GET', KEYS[1]) or '') == ARGV[1] then",
    to: 'if true then',
    ...SERVER,
  },
  {
    takesAway: 'restoring only into a history that still is what was read',
    file: 'processor/history/scripts.ts',
    from: "if redis.call('GETRANGE', key, 0, #from - 1) == from then",
    to: 'if true then',
    ...SERVER,
  },
  {
    takesAway: 'leaving away what was trimmed when restoring',
    file: 'processor/history/redis.ts',
    from: 'transaction.occurredAt > timeline.trimmedThrough && ',
    to: '',
    ...SERVER,
  },
  {
    takesAway: 'the allowed lateness in what is kept',
    file: 'processor/history/redis.ts',
    from: 'const keepMs = WINDOW_MS + allowedLatenessMs;',
    to: 'const keepMs = WINDOW_MS;',
    ...SERVER,
  },
  {
    takesAway: 'keeping what the oldest of a batch takes in the histories of all',
    file: 'processor/history/redis.ts',
    from: 'String(oldest - keepMs)',
    to: 'String(Number.MAX_SAFE_INTEGER)',
    ...SERVER,
  },
  {
    takesAway: 'one misdated record being no reason to drop a history',
    file: 'processor/history/scripts.ts',
    from: '  return history\nend`;',
    to: "  return ''\nend`;",
    ...SERVER,
  },
  {
    takesAway: 'counting on what was trimmed before',
    file: 'processor/history/scripts.ts',
    from: 'count + before,',
    to: 'count,',
    ...SERVER,
  },
  {
    takesAway: 'knowing how far a history was trimmed',
    file: 'processor/history/timeline.ts',
    from: 'return this.trimmed.through;',
    to: 'return Number.NEGATIVE_INFINITY;',
    ...HISTORY,
  },
  {
    takesAway: 'failing all that is pending when a connection breaks',
    file: 'processor/history/connection.ts',
    from: 'this.pending.splice(0)',
    to: 'this.pending.splice(0, 1)',
    ...HISTORY,
  },
];
