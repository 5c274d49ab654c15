import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { ShownAlert, Update } from '../../../../local/console/monitor';
import { type Console, startConsole } from '../../../../local/console/server';
import { alertOf, FakeMonitor, NO_TOTALS, secondAt } from './fake-monitor';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const T = Date.UTC(2026, 3, 1);
const ATTACK = '<img src=x onerror="window.attacked = true"><script>window.attacked = true</script>';

if (executablePath === undefined) {
  test('the page in a browser', () => {
    process.stdout.write(
      'skipped: the page is not tested, no Chromium is installed (Debian: apt-get install chromium)\n',
    );
  });
} else {
  describe('the page in a browser', () => pageTests(executablePath));
}

function pageTests(executablePath: string): void {
  jest.setTimeout(30_000); // a browser on a busy machine
  let browser: Browser;
  let page: Page;
  let server: Console;
  let monitor: FakeMonitor;
  let problems: string[];
  const verify = jest.fn<Promise<object>, [string]>();

  beforeAll(async () => {
    // The sandbox needs rights that a container often lacks; the only page opened is this project's own.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(() => browser.close());

  beforeEach(async () => {
    monitor = new FakeMonitor({
      seconds: [secondAt(T, 10), secondAt(T + 1_000, 20)],
      totals: {
        ...NO_TOTALS,
        stored: 100,
        review: 1,
        block: 1,
        quarantined: 3,
        latencyMs: { p50: 12, p95: 40, p99: 81 },
      },
      alerts: [alertOf()],
    });
    server = await startConsole({ monitor, source: 'file.ndjson, at full speed', verify });
    problems = [];
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) problems.push(`asked for ${request.url()}`);
    });
    await page.goto(server.url);
    await page.locator('#alerts li[data-key]').first().waitFor();
  }, 30_000);
  afterEach(async () => {
    await page.close();
    await server.close();
    expect(problems).toEqual([]);
  });

  const update = (alerts: ShownAlert[], changes: Partial<Update> = {}): Update => ({
    second: secondAt(T + 2_000, 5_970),
    totals: { ...NO_TOTALS, stored: 6_070, review: 2, block: 1, failed: 4, fraction: 0.5 },
    alerts,
    patterns: [],
    ...changes,
  });
  const text = (id: string) => page.locator(`#${id}`).textContent();
  const figures = async () =>
    Object.fromEntries(
      await Promise.all(
        ['throughput', 'latency', 'stored', 'allow', 'review', 'block', 'quarantined', 'failed', 'phase'].map(
          async (id) => [id, await text(id)],
        ),
      ),
    );

  test('shows the figures and moves with them', async () => {
    expect(await text('source')).toBe('file.ndjson, at full speed');
    expect(await figures()).toEqual({
      throughput: '900',
      latency: '40',
      stored: '100',
      allow: '98',
      review: '1',
      block: '1',
      quarantined: '3',
      failed: '0',
      phase: 'streaming',
    });
    monitor.emit('update', update([]));
    await page.locator('#stored', { hasText: '6,070' }).waitFor();
    expect(await figures()).toMatchObject({
      throughput: '2,000',
      latency: '-',
      allow: '6,067',
      review: '2',
      failed: '4',
    });
    expect(await page.locator('progress').evaluate((bar) => (bar as unknown as { value: number }).value)).toBe(0.5);
    expect(await page.locator('#throughput-plot').getAttribute('aria-label')).toBe('records stored a second 5970');
    expect(await page.locator('.plot canvas').count()).toBe(3);
  });

  test('shows an alert with its reasons, its evidence, and whether it can be recomputed', async () => {
    const sentence = '22 declines of 24 attempts in 60 min on device dev_1 (limit 20, from 80 % declined)';
    const [row] = await page.locator('#alerts > li').allInnerTexts();
    expect(row?.split(/\s*\n\s*/)).toEqual(['12:00:01', 'block 90', '¥4,980', 'tx_1', sentence]);

    await page.locator('#alerts button').click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('heading').allInnerTexts()).toEqual([
      'block 90\ntx_1',
      'card-testing-device adds 90 to the score',
    ]);
    const rows = await dialog.getByRole('row').allInnerTexts();
    expect(rows.map((each) => each.replace(/\s+/g, ' '))).toEqual([
      'occurred 1 Apr 2026, 12:00:00 GMT+9',
      'amount ¥4,980',
      'outcome declined',
      'customer cus_1',
      'history 24 of 24 h',
      'observed 22',
      'limit 20',
      'windowMinutes 60',
      'sample 24',
      'failureRatio 0.8',
      'minimumSample 20',
    ]);

    verify.mockResolvedValueOnce({ identical: true, ruleSetVersion: 'jpy-1' });
    await dialog.getByRole('button', { name: 'Verify' }).click();
    await dialog.getByText('The stored verdict equals the recomputed one, by rule set jpy-1.').waitFor();
    verify.mockResolvedValueOnce({
      identical: false,
      stored: { decision: 'block', score: 90 },
      recomputed: { decision: 'allow', score: 0 },
    });
    await dialog.getByRole('button', { name: 'Verify' }).click();
    await dialog.getByText('Recomputed it is allow 0, stored block 90.').waitFor();
    expect(verify.mock.calls).toEqual([['tx_1'], ['tx_1']]);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'hidden' });
  });

  test('says what was withdrawn, judged again, or judged on less than 24 hours', async () => {
    monitor.emit(
      'update',
      update([
        alertOf({
          transactionId: 'tx_2',
          decision: 'allow',
          score: 0,
          reasons: [],
          revised: true,
          withdrawn: true,
          coverageSeconds: 19_800,
        }),
      ]),
    );
    await page.locator('#alerts > li').nth(1).waitFor();
    expect(await page.locator('#alerts > li').first().locator('li').allInnerTexts()).toEqual([
      'withdrawn: it was an alert before',
      'judged again: an earlier transaction arrived later',
      'judged on 5.5 of 24 h of history',
    ]);
  });

  test('shows data as text, whatever it holds', async () => {
    const hostile = alertOf({
      transactionId: ATTACK,
      amount: ATTACK,
      customerId: ATTACK,
      outcome: ATTACK,
      pattern: ATTACK,
      reasons: [{ rule: ATTACK, weight: 1, text: ATTACK, evidence: { [ATTACK]: ATTACK } }],
    });
    monitor.emit('update', update([hostile], { patterns: [{ pattern: ATTACK, injected: 2, detected: 1 }] }));
    await page.locator('#alerts > li').nth(1).waitFor();
    await page.locator('#alerts button').first().click();
    expect((await page.locator('body').textContent())?.split(ATTACK).length).toBe(13 + 1);
    expect(await page.locator('main img, main script, dialog img, dialog script').count()).toBe(0);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
  });

  test('filters and pauses the list', async () => {
    const ids = () => page.locator('#alerts .id').allInnerTexts();
    monitor.emit('update', update([alertOf({ transactionId: 'tx_2', decision: 'review', score: 40 })]));
    await page.locator('#alerts > li').nth(1).waitFor();
    expect(await ids()).toEqual(['tx_2', 'tx_1']);
    await page.getByRole('button', { name: 'Review', exact: true }).click();
    expect(await ids()).toEqual(['tx_2']);
    await page.getByRole('button', { name: 'Pause' }).click();
    monitor.emit(
      'update',
      update([alertOf({ transactionId: 'tx_3', decision: 'review', score: 40 })], {
        totals: { ...NO_TOTALS, stored: 7 },
      }),
    );
    await page.locator('#stored', { hasText: /^7$/ }).waitFor();
    expect(await ids()).toEqual(['tx_2']);
    await page.getByRole('button', { name: 'Resume' }).click();
    expect(await ids()).toEqual(['tx_3', 'tx_2']);
  });

  test.each([
    [1280, 800],
    [390, 844],
  ])('fits a screen %d wide', async (width, height) => {
    await page.setViewportSize({ width, height });
    monitor.emit(
      'update',
      update([alertOf({ transactionId: 'x'.repeat(64) })], {
        patterns: [{ pattern: 'token-velocity', injected: 2, detected: 1 }],
      }),
    );
    await page.locator('#alerts > li').nth(1).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  });

  const isRefusal = (problem: string) => /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING)/.test(problem);

  test('says so when the run has gone away', async () => {
    await server.close();
    await page.locator('#phase', { hasText: 'connection lost' }).waitFor();
    problems = problems.filter((problem) => !isRefusal(problem));
  });

  test('keeps saying that the run is done after it has ended', async () => {
    monitor.emit('update', update([], { totals: { ...NO_TOTALS, phase: 'done', fraction: 1 } }));
    await page.locator('#phase', { hasText: 'done' }).waitFor();
    expect(await page.locator('progress').isVisible()).toBe(false);
    const cut = page.waitForEvent('console', (message) => isRefusal(message.text()));
    await server.close();
    await cut;
    expect(await text('phase')).toBe('done');
    problems = problems.filter((problem) => !isRefusal(problem));
  });
}
