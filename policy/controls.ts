import type { ClauseId } from './clauses';
import { type Resource, valueAt } from './policy';

/** A control that no policy checks, because it is code, a test, a command or a habit. */
export interface Control {
  name: string;
  /** What it does. */
  does: string;
  /** Where that can be seen: files of the repository, and commands to run. */
  shown: readonly string[];
  clauses: readonly ClauseId[];
  /** The setting that switches it on, and whether it did. @default always on */
  setting?: { name: string; isOn(resources: readonly Resource[]): boolean };
}

const TRAIL = 'aws:cloudtrail/trail:Trail';
const API = 'aws:apigateway/restApi:RestApi';

/**
 * Whoever adds a control adds it here; a test holds that its files and commands are there, and the evidence shows it under
 * its clauses.
 */
export const CONTROLS: readonly Control[] = [
  {
    name: 'card numbers are refused',
    does: 'A record with a value that could be a card number goes to quarantine without that value; logs and messages never quote one.',
    shown: [
      'processor/card-number.ts',
      'test/unit/processor/card-number.test.ts',
      'test/unit/processor/decode.fuzz.test.ts',
      'docs/transaction.md',
    ],
    clauses: [
      'PCI 3.2.1',
      'PCI 3.3.1',
      'PCI 3.4.1',
      'PCI 3.5.1',
      'PCI 3.5.1.2',
      'PCI 6.5.5',
      'APPI GL 10-6(4)',
      'LGPD 6 III',
    ],
  },
  {
    name: 'only what the contract knows is kept',
    does: 'Every record is validated; fields that the contract does not know are dropped before anything is stored or archived.',
    shown: [
      'processor/transaction.ts',
      'test/unit/processor/decode.test.ts',
      'test/unit/processor/archive/transform.test.ts',
    ],
    clauses: ['PCI 3.2.1', 'PCI 6.2.4', 'APPI 22', 'LGPD 6 III'],
  },
  {
    name: 'database roles may do what they must',
    does: 'Three roles without a password may insert, select and call listed functions; only migrations own the schema.',
    shown: [
      'processor/migrations/0001_initial.sql',
      'test/unit/processor/store/postgres.test.ts',
      'test/integration/stores.test.ts',
    ],
    clauses: ['PCI 7.2.1', 'PCI 7.2.5', 'PCI 7.2.6', 'PCI 8.6.1', 'APPI GL 10-6(1)', 'LGPD 46'],
  },
  {
    name: 'people reach data through one function',
    does: 'Operators and approvers invoke the operations function under an alias of their own; what they look at is written down before they see it.',
    shown: ['processor/operations.ts', 'test/unit/processor/operations.test.ts', 'test/integration/operations.test.ts'],
    clauses: [
      'PCI 7.2.1',
      'PCI 7.2.2',
      'PCI 7.2.6',
      'PCI 10.2.1.1',
      'PCI 10.2.1.2',
      'PCI 10.2.2',
      'APPI GL 10-6(1)',
      'APPI 26',
      'LGPD 37',
      'LGPD 48',
    ],
  },
  {
    name: 'audit tables only grow',
    does: 'Triggers refuse to change, delete or truncate the tables of requests, rule sets, lists and dispositions, to everyone.',
    shown: [
      'processor/migrations/0001_initial.sql',
      'processor/migrations/0003_policy.sql',
      'test/unit/processor/operations.test.ts',
    ],
    clauses: ['PCI 10.2.2', 'PCI 10.3.2', 'APPI GL 10-3', 'LGPD 6 X', 'LGPD 37'],
  },
  {
    name: 'two people change the rules',
    does: 'A rule set is activated by another person than its author, with a reason; one command rolls it back.',
    shown: ['processor/operations/rule-sets.ts', 'test/unit/processor/operations/rule-sets.test.ts', 'docs/rules.md'],
    clauses: ['PCI 6.5.1', 'PCI 7.2.2', 'APPI GL 10-3', 'LGPD 6 X'],
  },
  {
    name: 'verdicts can be recomputed',
    does: 'Every verdict keeps its rule set, reasons and figures; a command recomputes it from what is stored, and analysts record their own decision beside it.',
    shown: [
      'processor/operations/verify.ts',
      'test/unit/processor/operations/verify.test.ts',
      'processor/operations/dispositions.ts',
      'docs/operations.md',
    ],
    clauses: ['LGPD 6 X', 'LGPD 18', 'LGPD 20', 'APPI GL 10-3'],
  },
  {
    name: 'days of data are dropped whole',
    does: 'The database keeps a partition a day, which an operator detaches and drops without touching others; histories in the cache end after a day.',
    shown: ['docs/operations.md', 'processor/migrations/0002_generations.sql'],
    clauses: ['PCI 3.2.1', 'APPI 22', 'APPI 35', 'LGPD 16', 'LGPD 18'],
  },
  {
    name: 'each alarm has its runbook entry',
    does: 'For every alarm: what it means, the first three commands, whom to call. Drills provoke failures and check every verdict afterwards.',
    shown: ['docs/runbook.md', 'test/unit/docs/runbook.test.ts', 'npm run drill'],
    clauses: ['PCI 10.4.1', 'PCI 10.7.2', 'PCI 12.10.1', 'APPI GL 10-3', 'APPI 26', 'LGPD 48'],
  },
  {
    name: 'changes pass checks before they are deployed',
    does: 'A pull request is linted, type-checked, tested and previewed under the policies; the pipeline deploys the main branch, proves that a second run changes nothing, and tests what it deployed.',
    shown: [
      '.github/workflows/check.yml',
      '.github/workflows/preview.yml',
      '.github/workflows/deploy.yml',
      'docs/pipeline.md',
    ],
    clauses: ['PCI 1.2.8', 'PCI 2.2.1', 'PCI 6.2.3', 'PCI 6.2.4', 'PCI 6.5.1', 'PCI 6.5.4', 'APPI GL 10-2', 'LGPD 6 X'],
  },
  {
    name: 'drift is looked for every night',
    does: 'A job compares AWS with the state of the dev and prod stacks and fails when somebody changed one past the program.',
    shown: ['.github/workflows/drift.yml', 'docs/pipeline.md'],
    clauses: ['PCI 1.2.8', 'PCI 10.3.4', 'PCI 11.5.2', 'APPI GL 10-3'],
  },
  {
    name: 'environments do not mix',
    does: 'Every environment has names, keys, network and stores of its own; the provider refuses any account but the one that is set.',
    shown: ['lib/naming.ts', 'test/unit/lib/naming.test.ts', 'Pulumi.dev.yaml', 'Pulumi.prod.yaml'],
    clauses: ['PCI 6.5.3', 'PCI 6.5.4', 'PCI 6.5.5'],
  },
  {
    name: 'dependencies are pinned and listed',
    does: 'Packages are locked by hash and actions by commit; what runs on AWS is bundled from them, and the lock file is the inventory.',
    shown: ['package-lock.json', 'local/services/requirements.txt', '.github/actions/setup/action.yml'],
    clauses: ['PCI 6.3.2', 'PCI 6.3.3', 'APPI GL 10-6(3)'],
  },
  {
    name: 'flows are written down once',
    does: 'Who may talk to whom on which port stands in one table, which the security groups are made from and the documents are held to.',
    shown: ['lib/flows.ts', 'test/unit/lib/network.test.ts', 'test/unit/docs/stack.test.ts', 'docs/security.md'],
    clauses: ['PCI 1.2.5', 'PCI 1.3.1', 'PCI 1.3.2', 'PCI 12.3.3', 'APPI GL 10-2'],
  },
  {
    name: 'keys are described with their uses',
    does: 'Each of the two keys names the services it may be used through; their policies and uses stand in a table.',
    shown: ['lib/kms.ts', 'test/unit/lib/kms.test.ts', 'docs/security.md'],
    clauses: ['PCI 3.6.1', 'PCI 3.7.7', 'PCI 12.3.3', 'LGPD 46'],
  },
  {
    name: 'a teardown leaves a receipt',
    does: 'Destroying an environment ends with a search for what is left of it, and a receipt of what was destroyed, what remains and why.',
    shown: ['npm run teardown', 'test/unit/scripts/teardown/receipt.test.ts', 'docs/operations.md'],
    clauses: ['PCI 3.2.1', 'PCI 3.7.5', 'PCI 12.5.1', 'APPI 22', 'LGPD 16'],
  },
  {
    name: 'every grant is used, every call is granted',
    does: 'A generated table holds the grants of every role against the calls that the code and the services make; a grant nobody uses or a call nobody may make fails the suite.',
    shown: ['npm run privileges', 'docs/privileges.md', 'test/unit/scripts/privileges/needs.test.ts'],
    clauses: ['PCI 7.2.1', 'PCI 7.2.5', 'PCI 7.3.3', 'APPI GL 10-6(1)', 'LGPD 46'],
  },
  {
    name: 'an independent scanner agrees',
    does: 'checkov looks at the same graph; no failed check stays without a written reason.',
    shown: ['npm run scan', 'scripts/scan/accepted.ts', 'test/stores/scripts/scan.test.ts'],
    clauses: ['PCI 2.2.1', 'PCI 6.2.4', 'APPI GL 10-6(3)', 'LGPD 6 X'],
  },
  {
    name: 'a trail records who touches payment records',
    does: 'With the setting auditTrail, CloudTrail records who reads and writes payment records, and who asks the functions.',
    shown: ['lib/audit-trail.ts', 'test/unit/lib/audit-trail.test.ts', 'test/integration/audit-trail.test.ts'],
    clauses: ['PCI 10.2.1.1', 'PCI 10.2.2', 'PCI 10.3.3', 'LGPD 37'],
    setting: { name: 'auditTrail', isOn: (resources) => resources.some(({ type }) => type === TRAIL) },
  },
  {
    name: 'a trail records what happens in the account',
    does: 'With auditTrail all, CloudTrail records management events of every region, use of keys among them.',
    shown: ['lib/audit-trail.ts', 'test/unit/lib/audit-trail.test.ts'],
    clauses: [
      'PCI 10.2.1.2',
      'PCI 10.2.1.3',
      'PCI 10.2.1.4',
      'PCI 10.2.1.5',
      'PCI 10.2.1.6',
      'PCI 10.2.1.7',
      'APPI GL 10-6(2)',
    ],
    setting: {
      name: 'auditTrail all',
      isOn: (resources) => resources.some((one) => one.type === TRAIL && valueAt(one, 'isMultiRegionTrail') === true),
    },
  },
  {
    name: 'the audit trail is chained by hashes',
    does: 'Every recorded row carries the hash of the one before; a command and an hourly check say what is not what it was, and an alarm tells.',
    shown: [
      'processor/operations/verify-chain.ts',
      'test/unit/processor/operations/verify-chain.test.ts',
      'test/unit/processor/operations/verify-chain-tampered.test.ts',
      'docs/operations.md',
    ],
    clauses: ['PCI 10.3.2', 'PCI 10.3.4', 'PCI 11.5.2', 'APPI GL 10-3', 'LGPD 6 X'],
  },
  {
    name: 'a customer can be erased',
    does: 'On request of one person and approval of another, all that names a customer goes from database, cache and archive; amounts, verdicts and the chain still verify.',
    shown: ['docs/erasure.md', 'test/unit/processor/operations/erasures.test.ts', 'test/stores/erasure.test.ts'],
    clauses: ['APPI 22', 'APPI 35', 'LGPD 16', 'LGPD 18'],
  },
  {
    name: 'requests over HTTPS are signed and checked',
    does: 'The ingest takes requests with an IAM signature, checks them against the schema before anything is stored, limits their rate and logs no payload; a web ACL where it is public.',
    shown: [
      'lib/ingest.ts',
      'test/unit/lib/ingest.test.ts',
      'test/unit/lib/ingest-routes.test.ts',
      'test/integration/ingest.test.ts',
      'docs/ingest.md',
    ],
    clauses: ['PCI 1.4.2', 'PCI 4.2.1', 'PCI 6.2.4', 'APPI GL 10-6(2)', 'APPI GL 10-6(4)', 'LGPD 46'],
    setting: { name: 'ingest', isOn: (resources) => resources.some(({ type }) => type === API) },
  },
  {
    name: 'this document',
    does: 'The policies run in previews, deployments, tests and over the account; the evidence is generated from the same findings.',
    shown: ['npm run evidence', 'policy/all.ts', 'test/unit/policy/stack.test.ts', 'docs/compliance.md'],
    clauses: [
      'PCI 2.2.1',
      'PCI 12.5.1',
      'PCI 12.5.2',
      'APPI 28',
      'APPI GL 10-3',
      'APPI GL 10-7',
      'LGPD 6 X',
      'LGPD 33',
    ],
  },
];
