import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Children } from '../services/children';

/** What a deployed function consists of. */
export interface FunctionDefinition {
  name: string;
  arn: string;
  /** All of them lead to this one version. */
  aliases: string[];
  /** `file.export`, as in the resource. */
  handler: string;
  /** Folder of the unpacked archive. */
  directory: string;
  /** The function's own variables. */
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMegabytes: number;
  logGroup: string;
  roleArn: string;
}

export interface FunctionRuntime {
  children: Children;
  /** The `AWS_*` and other variables that the runtime adds to a function's own. */
  environment: Record<string, string>;
  /** Invocations at a time; further ones wait. */
  concurrency: number;
}

/** How long an environment without work is kept, milliseconds. */
const IDLE_MS = 10_000;

/** For this machine's sake: V8 takes what it is allowed before it collects, and a batch needs little of it. MiB. */
const HEAP_LIMITS = ['--max-semi-space-size=4', '--max-old-space-size=128'];

/** Node 24, the functions' runtime, whichever version runs this program. */
const NODE = require.resolve('node/bin/node');

/** The object that Lambda answers with when a function fails. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** Answer of a function: what it returned, or the error it ended with. */
export type InvokeResult = { result: unknown; error?: undefined } | { error: FunctionError };

type Message = { ready: true } | InvokeResult;

/** A process that serves one invocation at a time. */
interface Environment {
  child: ChildProcess;
  name: string;
  /** Ends it when it has had no work for a while. */
  idle?: NodeJS.Timeout;
}

/** A function and the execution environments it runs in, each a Node process of its own. */
export class LocalFunction {
  private readonly idle: Environment[] = [];
  private readonly waiting: (() => void)[] = [];
  private busy = 0;
  private started = 0;

  constructor(
    readonly definition: FunctionDefinition,
    private readonly runtime: FunctionRuntime,
  ) {}

  /**
   * Runs the function on an event. Never throws: whatever goes wrong is the function's error, as with Lambda.
   *
   * @param invokedArn what the invoker called it by, with alias or version
   */
  async invoke(event: unknown, invokedArn = this.definition.arn): Promise<InvokeResult> {
    while (this.busy >= this.runtime.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.busy++;
    try {
      const environment = this.idle.pop() ?? (await this.start());
      clearTimeout(environment.idle);
      const answer = await this.send(environment, event, invokedArn);
      if (environment.child.connected) this.keep(environment);
      return answer;
    } catch (error) {
      return { error: { errorType: 'Runtime.ExitError', errorMessage: (error as Error).message } };
    } finally {
      this.busy--;
      this.waiting.shift()?.();
    }
  }

  /** The last lines that the function's environments wrote, those of the latest environment last. */
  log(lines: number): string[] {
    const names = Array.from({ length: this.started }, (_, index) => this.environmentName(index + 1));
    return names.flatMap((name) => this.runtime.children.log(name, lines)).slice(-lines);
  }

  private keep(environment: Environment): void {
    this.idle.push(environment);
    environment.idle = setTimeout(() => {
      this.forget(environment);
      if (environment.child.connected) environment.child.disconnect();
    }, IDLE_MS).unref();
  }

  private forget(environment: Environment): void {
    clearTimeout(environment.idle);
    const index = this.idle.indexOf(environment);
    if (index >= 0) this.idle.splice(index, 1);
  }

  private environmentName(number: number): string {
    return `${this.definition.name} ${number}`;
  }

  private async start(): Promise<Environment> {
    const { definition } = this;
    const name = this.environmentName(++this.started);
    const child = this.runtime.children.start({
      name,
      command: NODE,
      args: [...HEAP_LIMITS, join(__dirname, 'environment.mjs')],
      env: {
        ...this.runtime.environment,
        ...definition.environment,
        _HANDLER: definition.handler,
        LAMBDA_TASK_ROOT: definition.directory,
        AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
        AWS_LAMBDA_FUNCTION_NAME: definition.name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMegabytes),
        AWS_LAMBDA_LOG_GROUP_NAME: definition.logGroup,
        AWS_LAMBDA_LOG_STREAM_NAME: name,
        TZ: ':UTC',
      },
      own: true,
      ipc: true,
    });
    const environment: Environment = { child, name };
    child.once('exit', () => this.forget(environment));
    const message = await this.answer(environment);
    if ('error' in message && message.error) {
      child.disconnect();
      throw new Error(`${message.error.errorType}: ${message.error.errorMessage}`);
    }
    return environment;
  }

  private async send(environment: Environment, event: unknown, functionArn: string): Promise<InvokeResult> {
    const { timeoutSeconds } = this.definition;
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      environment.child.kill('SIGKILL');
    }, timeoutSeconds * 1000);
    try {
      const answer = this.answer(environment);
      const deadline = Date.now() + timeoutSeconds * 1000;
      environment.child.send({ event, requestId: randomUUID(), functionArn, deadline }, () => undefined);
      return (await answer) as InvokeResult;
    } catch (error) {
      if (!timedOut) throw error;
      return {
        error: { errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${timeoutSeconds} seconds` },
      };
    } finally {
      clearTimeout(timer);
    }
  }

  /** The next message of an environment. @throws Error with the end of its log when it ends instead */
  private answer({ child, name }: Environment): Promise<Message> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        child.off('message', onMessage);
        child.off('exit', onExit);
        child.off('error', reject);
        act();
      };
      const onMessage = (message: Message) => settle(() => resolve(message));
      const onExit = (code: number | null, signal: string | null) => {
        const end = this.runtime.children.log(name, 5).join('\n');
        settle(() =>
          reject(new Error(`the environment ended (${signal ?? `exit code ${code}`})${end && `:\n${end}`}`)),
        );
      };
      child.once('message', onMessage as (message: unknown) => void);
      child.once('exit', onExit);
      child.once('error', reject);
    });
  }
}
