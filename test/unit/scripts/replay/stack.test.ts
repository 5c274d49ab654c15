import type { Report } from '../../../../processor/replay/report';
import { replayStored } from '../../../../scripts/replay/stack';
import { someReport } from './report';

const iso = (hour: number) => new Date(Date.UTC(2026, 3, 1, hour)).toISOString();

test('asks until the span is replayed, and goes on with the baseline of the first call', async () => {
  const requests: object[] = [];
  const parts: Report[] = [
    { ...someReport(), from: iso(0), to: iso(5) },
    { ...someReport(), from: iso(5), to: iso(9) },
  ];
  const seen: number[][] = [];
  const report = await replayStored(
    { candidate: 'jpy-2', from: Date.parse(iso(0)), to: Date.parse(iso(9)), examples: 3 },
    async (request) => {
      requests.push(request);
      return JSON.parse(JSON.stringify(parts[requests.length - 1]));
    },
    (...shown) => seen.push(shown),
  );
  const shared = { action: 'replay', candidate: 'jpy-2', to: iso(9), examples: 3 };
  expect(requests).toEqual([
    { ...shared, from: iso(0) },
    { ...shared, baseline: 'jpy-1', from: iso(5) },
  ]);
  expect(seen).toEqual([
    [4, 5 / 9],
    [8, 1],
  ]);
  expect([report.from, report.to, report.transactions]).toEqual([iso(0), iso(9), 8]);
  expect(report.amounts.JPY).toEqual({ baseline: '4010', candidate: '4008', gained: '2002', lost: '2004' });
  expect(report.examples.gained).toHaveLength(2);
});

test('asks for a long span in two halves at once, and adds them up in order', async () => {
  const requests: { from: string; to: string }[] = [];
  const seen: number[][] = [];
  let release = () => {};
  const bothAsked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const report = await replayStored(
    { candidate: 'jpy-2', from: Date.parse(iso(0)), to: Date.parse(iso(96)), examples: 3 },
    async (request) => {
      const { from, to } = request as { from: string; to: string };
      if (requests.push({ from, to }) === 2) release();
      await bothAsked;
      return { ...someReport(), from, to };
    },
    (...shown) => seen.push(shown),
  );
  expect(requests).toEqual([
    { from: iso(0), to: iso(48) },
    { from: iso(48), to: iso(96) },
  ]);
  expect(seen).toEqual([
    [4, 0.5],
    [8, 1],
  ]);
  expect([report.from, report.to, report.transactions]).toEqual([iso(0), iso(96), 8]);
});
