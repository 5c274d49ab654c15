import { askedForHelp, pairs } from '../../../scripts/command';

test('a command without options gives help, and refuses whatever else it is told before it does anything', () => {
  const log = jest.spyOn(console, 'log').mockImplementation();
  expect(askedForHelp([], 'what it does')).toBe(false);
  expect(log).not.toHaveBeenCalled();
  expect(askedForHelp(['--help'], 'what it does')).toBe(true);
  expect(log.mock.calls).toEqual([['what it does']]);
  expect(() => askedForHelp(['--check'], 'what it does')).toThrow("Unknown option '--check'");
  expect(() => askedForHelp(['dev'], 'what it does')).toThrow("Unexpected argument 'dev'");
});

test('pairs are a key and a value, which may hold another equals sign', () => {
  expect(pairs('set', ['a=1', 'b=x=y'])).toEqual({ a: '1', b: 'x=y' });
  for (const text of ['a', 'a=', '=1', '-a=1']) {
    expect(() => pairs('set', [text])).toThrow(new Error(`--set ${text}: write KEY=VALUE`));
  }
});
