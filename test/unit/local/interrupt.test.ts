import { EventEmitter } from 'node:events';
import { interruptSignal } from '../../../local/interrupt';

let signals: EventEmitter;
let output: EventEmitter;
let ended: number;
let signal: AbortSignal;

beforeEach(() => {
  jest.useFakeTimers();
  signals = new EventEmitter();
  output = new EventEmitter();
  ended = 0;
  signal = interruptSignal(signals, [output], () => ended++);
});
afterEach(() => void jest.useRealTimers());

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('the first %s asks for the end, a second one later ends at once', (name) => {
  expect(signal.aborted).toBe(false);
  signals.emit(name);
  expect([signal.aborted, ended]).toEqual([true, 0]);
  jest.advanceTimersByTime(1_001);
  signals.emit(name);
  expect(ended).toBe(1);
});

test('one Ctrl-C that arrives twice is one', () => {
  signals.emit('SIGINT');
  jest.advanceTimersByTime(1_000);
  signals.emit('SIGINT');
  expect([signal.aborted, ended]).toEqual([true, 0]);
});

test('an output that nobody reads any more asks for the end', () => {
  output.emit('error', new Error('EPIPE'));
  expect([signal.aborted, ended]).toEqual([true, 0]);
});

test('a reader that the Ctrl-C has ended as well does not hurry the end', () => {
  signals.emit('SIGINT');
  jest.advanceTimersByTime(5_000);
  output.emit('error', new Error('EPIPE'));
  expect(ended).toBe(0);
});
