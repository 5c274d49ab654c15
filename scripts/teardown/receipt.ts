/** Something of the environment that was found after it was destroyed. */
export interface Finding {
  /** What it is, such as `KMS key`. */
  kind: string;
  /** Name, id or ARN. */
  id: string;
  /**
   * `removed` by the sweep, `expected` to be there still, or `unexpected`: nobody should have to pay for it or wonder about it.
   */
  verdict: 'removed' | 'expected' | 'unexpected';
  why: string;
  /** When it goes by itself, ISO. */
  until?: string;
}

/** A place where the sweep could not look. */
export interface Blind {
  place: string;
  why: string;
}

/** What Pulumi had in its state. */
export interface StateResource {
  type: string;
  name: string;
  id: string;
}

/** What became of an environment. */
export interface Receipt {
  stack: string;
  environmentSuffix: string;
  region: string;
  began: string;
  ended: string;
  /** Exit code of `pulumi destroy`; absent when only the sweep was asked for. */
  destroyStatus?: number;
  /** What Pulumi destroyed. */
  destroyed: StateResource[];
  /** What its state still holds. */
  inState: StateResource[];
  findings: Finding[];
  blind: Blind[];
}

/** Exit codes of the command, by what they mean. */
export const EXIT = {
  /** Nothing remains but what is expected. */
  clean: 0,
  /** The command could not be carried out, and destroyed nothing. */
  failed: 1,
  /** Something unexpected remains. */
  leftovers: 2,
  /** `pulumi destroy` failed. */
  destroyFailed: 3,
  /** Nothing unexpected was found, but not everywhere could be looked. */
  blind: 4,
} as const;

/** The exit code of a receipt; of several that apply, the one that asks for more. */
export function exitCode({ destroyStatus = 0, inState, findings, blind }: Receipt): number {
  if (destroyStatus !== 0) return EXIT.destroyFailed;
  if (inState.length > 0 || findings.some(({ verdict }) => verdict === 'unexpected')) return EXIT.leftovers;
  return blind.length > 0 ? EXIT.blind : EXIT.clean;
}

const OUTCOMES: Record<number, string> = {
  [EXIT.clean]: 'Nothing remains but what is expected.',
  [EXIT.leftovers]: '**Something unexpected remains.**',
  [EXIT.destroyFailed]: '**`pulumi destroy` failed: run it again.**',
  [EXIT.blind]: '**Nothing unexpected was found, but not everywhere could be looked.**',
};

/** The receipt as Markdown. */
export function asMarkdown(receipt: Receipt): string {
  const { stack, environmentSuffix, region, began, ended, destroyed, inState, findings, blind } = receipt;
  const of = (verdict: Finding['verdict']) =>
    findings.filter((finding) => finding.verdict === verdict).map(({ kind, id, why }) => [kind, code(id), why]);
  const rows = (resources: StateResource[]) => resources.map(({ type, name, id }) => [code(type), name, code(id)]);
  return [
    `# Teardown of ${stack}`,
    `Environment \`${environmentSuffix}\` in ${region}, ${began} to ${ended}. ${OUTCOMES[exitCode(receipt)]}`,
    ...table('Unexpected', ['what', 'which', 'why'], of('unexpected')),
    ...table("Still in Pulumi's state", ['type', 'name', 'id'], rows(inState)),
    ...table(
      'Not looked at',
      ['place', 'why'],
      blind.map(({ place, why }) => [place, why]),
    ),
    ...table('Expected to remain', ['what', 'which', 'why'], of('expected')),
    ...table('Removed by the sweep', ['what', 'which', 'why'], of('removed')),
    ...table('Destroyed by Pulumi', ['type', 'name', 'id'], rows(destroyed)),
    `## How far this goes\n\n${LIMITS}`,
    '',
  ].join('\n\n');
}

const LIMITS =
  "IAM roles, dashboards, EventBridge rules and budgets carry no tag that could be asked for here: for those Pulumi's state is the " +
  'only witness. What others made by hand, without the tag and under other names, is not found.';

const code = (text: string) => `\`${text}\``;

function table(title: string, header: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`## ${title}`, [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')];
}
