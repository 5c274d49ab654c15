import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLines } from './log-file';

/**
 * Ends every process of the run and removes its directory ($1) once its standard input closes, which happens when the main process
 * says so and also when it dies, however it dies. The last line read names the processes, by id. SIGINT is PostgreSQL's fast
 * shutdown and ends the others too; what is left after five seconds is killed.
 */
const WATCHDOG = `
while read -r line; do pids=$line; done
alive() { for pid in $pids; do kill -0 "$pid" 2>/dev/null && return 0; done; return 1; }
for pid in $pids; do kill -INT "$pid" 2>/dev/null; done
tenths=50
while [ "$tenths" -gt 0 ] && alive; do sleep 0.1; tenths=$((tenths - 1)); done
for pid in $pids; do kill -KILL "$pid" 2>/dev/null; done
rm -rf -- "$1"
`;

export interface ChildOptions {
  /** For people: `ministack`, `valkey`, `stream function 1`. Also the name of its log file. */
  name: string;
  command: string;
  args: string[];
  /** The whole environment of the process: nothing is inherited. */
  env: Record<string, string>;
  /** User and group to run as; needs root. */
  identity?: { uid: number; gid: number };
  /** One of the project's own Node processes. */
  own?: boolean;
  /** With a channel for messages between the two Node processes. */
  ipc?: boolean;
}

/** The child processes of one run, the temporary directory they share, and what else must end with them. */
export class Children {
  private readonly running = new Map<ChildProcess, { pid: number; name: string; own: boolean }>();
  private readonly watchdog: ChildProcess;
  private readonly watchdogEnded: Promise<void>;
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly serving = new WeakSet<ChildProcess>();
  private lost: (error: Error) => void = () => undefined;
  private stopping = false;

  private constructor(
    /** Directory of the run, which others may pass through but not read. */
    readonly directory: string,
  ) {
    this.watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'watchdog', directory], {
      detached: true,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.watchdog.stdin?.on('error', () => undefined);
    this.watchdogEnded = new Promise((resolve) => this.watchdog.once('close', () => resolve()));
    mkdirSync(join(directory, 'logs'), { mode: 0o700 });
  }

  static async create(): Promise<Children> {
    const directory = await mkdtemp(join(tmpdir(), 'tap-local-'));
    await chmod(directory, 0o711);
    return new Children(directory);
  }

  /** Starts a process in a session of its own, so that a Ctrl-C at the terminal reaches the main process alone. */
  start(options: ChildOptions): ChildProcess {
    if (this.stopping) throw new Error(`${options.name} is not started: the platform is being stopped`);
    const log = openSync(this.logFile(options.name), 'a', 0o600);
    const stdio: StdioOptions = options.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log];
    const child = spawn(options.command, options.args, {
      ...options.identity,
      cwd: this.directory,
      env: options.env,
      detached: true,
      stdio,
    });
    closeSync(log);
    const { pid } = child;
    if (pid === undefined) return child;
    this.running.set(child, { pid, name: options.name, own: options.own ?? false });
    this.tellWatchdog();
    child.once('exit', (code, signal) => {
      this.running.delete(child);
      this.tellWatchdog();
      if (this.stopping || !this.serving.has(child)) return;
      this.lost(new Error(`${options.name} ended unexpectedly (${signal ?? `exit code ${code}`})`));
    });
    return child;
  }

  /** Kills a service on purpose: nobody is told that it was lost. Resolves once it has ended. */
  async kill(child: ChildProcess): Promise<void> {
    this.serving.delete(child);
    if (!child.kill('SIGKILL')) return;
    await new Promise((resolve) => child.once('exit', resolve));
  }

  /** Runs a process to its end. @throws Error with the last lines of its log when it fails. */
  async run(options: ChildOptions): Promise<void> {
    const child = this.start(options);
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
    if (code !== 0)
      throw new Error(`${options.name} failed (exit code ${code}):\n${this.log(options.name, 10).join('\n')}`);
  }

  /**
   * Waits until `probe` no longer throws; from then on the process counts as a service.
   *
   * @param limitMs when to give up, milliseconds
   * @throws Error with the last lines of the log when the process ends first or the time is up
   */
  async ready(child: ChildProcess, name: string, limitMs: number, probe: () => Promise<unknown>): Promise<void> {
    const end = Date.now() + limitMs;
    let spawnError: Error | undefined;
    child.once('error', (error) => {
      spawnError = error;
    });
    for (;;) {
      const failure = await probe().then(
        () => undefined,
        (error: Error) => error,
      );
      if (failure === undefined) {
        this.serving.add(child);
        return;
      }
      const ended = child.exitCode !== null || child.signalCode !== null || spawnError !== undefined;
      if (ended || Date.now() > end) {
        const why = spawnError?.message ?? (ended ? `ended with code ${child.exitCode}` : failure.message);
        throw new Error(`${name} did not start: ${why}\n${this.log(name, 10).join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Tells of a service that was ready and ends before it is to, from now on: nobody starts it again. */
  onServiceLost(listener: (error: Error) => void): void {
    this.lost = listener;
  }

  /** Ids and names of the processes that run now. */
  processes(): { pid: number; name: string; own: boolean }[] {
    return [...this.running.values()];
  }

  /** The last lines a process wrote, oldest first. */
  log(name: string, lines: number): string[] {
    return lastLines(this.logFile(name), lines);
  }

  /** Has `close` called before the processes end, whatever the reason, for what this process itself holds open. */
  beforeStop(close: () => Promise<unknown>): void {
    this.closers.push(close);
  }

  /** Ends every process and removes the directory. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled(this.closers.splice(0).map((close) => close()));
    this.watchdog.stdin?.end();
    await this.watchdogEnded;
  }

  private logFile(name: string): string {
    return join(this.directory, 'logs', `${name.replaceAll(' ', '-')}.log`);
  }

  private tellWatchdog(): void {
    if (!this.stopping)
      this.watchdog.stdin?.write(
        `${this.processes()
          .map((child) => child.pid)
          .join(' ')}\n`,
      );
  }
}
