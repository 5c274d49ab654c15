import { asMarkdown, exitCode, type Finding, type Receipt } from '../../../../scripts/teardown/receipt';

const finding = (verdict: Finding['verdict'], id: string): Finding => ({ kind: 'thing', id, verdict, why: 'a | b' });
const CLEAN: Receipt = {
  stack: 'acme/pr-7',
  environmentSuffix: 'pr-7',
  region: 'ap-northeast-1',
  began: '2026-11-21T10:00:00.000Z',
  ended: '2026-11-21T10:20:00.000Z',
  destroyStatus: 0,
  destroyed: [{ type: 'aws:kms/key:Key', name: 'tap-kms-data', id: 'key-1' }],
  inState: [],
  findings: [finding('expected', 'kept'), finding('removed', 'orphan')],
  blind: [],
};
const LEFT: Finding = finding('unexpected', 'left');
const BLIND = { place: 'Lambda functions', why: 'AccessDeniedException: no' };

describe('the exit code', () => {
  test.each<[string, Partial<Receipt>, number]>([
    ['is 0 when nothing remains but what is expected', {}, 0],
    ['is 2 when something unexpected remains', { findings: [LEFT], blind: [BLIND] }, 2],
    ['is 2 when the state is not empty', { inState: CLEAN.destroyed }, 2],
    ['is 3 when the destroy failed, whatever remains', { destroyStatus: 255, findings: [LEFT] }, 3],
    ['is 4 when not everywhere could be looked', { blind: [BLIND] }, 4],
    ['is 0 for a sweep alone that found nothing', { destroyStatus: undefined }, 0],
  ])('%s', (_, change, code) => {
    expect(exitCode({ ...CLEAN, ...change })).toBe(code);
  });
});

describe('the document', () => {
  it('lists what remains, why, what was removed and what Pulumi destroyed', () => {
    const document = asMarkdown({ ...CLEAN, findings: [LEFT, ...CLEAN.findings], blind: [BLIND] });
    expect(document.split('\n## How far')[0]).toBe(`# Teardown of acme/pr-7

Environment \`pr-7\` in ap-northeast-1, 2026-11-21T10:00:00.000Z to 2026-11-21T10:20:00.000Z. **Something unexpected remains.**

## Unexpected

| what | which | why |
| --- | --- | --- |
| thing | \`left\` | a \\| b |

## Not looked at

| place | why |
| --- | --- |
| Lambda functions | AccessDeniedException: no |

## Expected to remain

| what | which | why |
| --- | --- | --- |
| thing | \`kept\` | a \\| b |

## Removed by the sweep

| what | which | why |
| --- | --- | --- |
| thing | \`orphan\` | a \\| b |

## Destroyed by Pulumi

| type | name | id |
| --- | --- | --- |
| \`aws:kms/key:Key\` | tap-kms-data | \`key-1\` |
`);
  });

  it('says so when nothing remains', () => {
    expect(asMarkdown(CLEAN)).toContain('Nothing remains but what is expected.');
  });
});
