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
    from: 'const { stored, conflicts, judged } = await store.accept(arrivals, quarantined);',
    to: 'if (arrivals.length > 0) await dependencies.history.append(arrivals.map((a) => a.transaction));\nconst { stored, conflicts, judged } = await store.accept(arrivals, quarantined);',
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
    from: 'return generation.number * POSITIONS_OF_A_GENERATION + appended;',
    to: 'return generation.number * POSITIONS_OF_A_GENERATION - appended;',
    ...CONVERGENCE,
  },
  {
    takesAway: 'positions of a later generation above those of an earlier one',
    file: 'processor/history/history.ts',
    from: 'return generation.number * POSITIONS_OF_A_GENERATION + appended;',
    to: 'return POSITIONS_OF_A_GENERATION + appended + 0 * generation.number;',
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
    from: 'Math.max(snapshot.generation.completeAfter, ...trimmed)',
    to: 'Math.max(Number.NEGATIVE_INFINITY, ...trimmed)',
    ...PIPELINE,
  },
  {
    takesAway: 'the order of transactions of one moment by their ids',
    file: 'processor/judging.ts',
    from: "return this.known.get(key)?.transactionId ?? '';",
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
];
