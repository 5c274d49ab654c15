import { compile, ENTRY_POINTS } from './lib/compile';

// The SDK takes thousands of stack traces, one for every resource and property, and mapping them to TypeScript would be a third
// of the program's evaluation. It raises the limit where it wants more, so setting one is not enough. Errors of the
// configuration say all there is without a trace; leave this out to see where another error was thrown.
Object.defineProperty(Error, 'stackTraceLimit', { get: () => 0, set: () => undefined });

// Started before the SDK is loaded, which takes as long; the stack asks for the result and is told of errors.
compile(__dirname, ENTRY_POINTS).catch(() => undefined);

export = async () => {
  const { loadConfig } = await import('./lib/config');
  const { TapStack } = await import('./lib/tap-stack');
  return new TapStack('tap', loadConfig()).outputs;
};
