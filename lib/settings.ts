import * as pulumi from '@pulumi/pulumi';

/** Every problem of the configuration at once, each with the key, its limit and the fix. */
export class ConfigError extends Error {
  override name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`the stack's configuration cannot be deployed:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

export interface Bounds {
  min: number;
  max: number;
  /** What the number counts, for the message. */
  unit: string;
}

/** The SDK knows which settings are encrypted, but its typings leave the question out. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

/**
 * Reads the settings of one Pulumi project. A bad one does not stop the reading: its problem is kept and the default
 * stands in, so that `finish` can name all problems together.
 */
export class Settings {
  private readonly config = new pulumi.Config();
  private readonly known = new Set<string>();
  private readonly problems: string[] = [];

  /** Full name of a key, as `pulumi config set` takes it. */
  key(key: string): string {
    return `${this.config.name}:${key}`;
  }

  /** Notes a problem: "`key` " and what is wrong with it. */
  reject(key: string, problem: string): void {
    this.problems.push(`${this.key(key)} ${problem}`);
  }

  optional(key: string): string | undefined {
    this.known.add(key);
    return this.config.get(key);
  }

  text(key: string, fallback: string, pattern: RegExp, form: string): string {
    return this.optionalText(key, pattern, form) ?? fallback;
  }

  optionalText(key: string, pattern: RegExp, form: string): string | undefined {
    const value = this.optional(key);
    if (value === undefined || pattern.test(value)) return value;
    this.reject(key, `is "${value}": set it to ${form}`);
    return undefined;
  }

  oneOf<T extends string>(key: string, fallback: T, choices: readonly T[]): T {
    const value = this.optional(key) ?? fallback;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.reject(key, `is "${value}": set it to one of ${choices.join(', ')}`);
    return choice ?? fallback;
  }

  flag(key: string, fallback: boolean): boolean {
    return this.oneOf(key, fallback ? 'true' : 'false', ['true', 'false']) === 'true';
  }

  integer(key: string, fallback: number, bounds: Bounds): number {
    return this.optionalInteger(key, bounds) ?? fallback;
  }

  optionalInteger(key: string, { min, max, unit }: Bounds): number | undefined {
    const value = this.optional(key);
    if (value === undefined) return undefined;
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.reject(key, `is "${value}": set it to a whole number of ${unit} from ${min} to ${max}`);
    return undefined;
  }

  /** A list, in the form `pulumi config set --path 'key[0]'` writes. */
  list(key: string, pattern: RegExp, form: string): string[] {
    const value = this.optional(key);
    if (value === undefined) return [];
    const items = parseList(value);
    if (items?.every((item) => pattern.test(item))) return items;
    this.reject(
      key,
      `is ${value}: set it to a list of ${form}, item by item: pulumi config set --path '${this.key(key)}[0]' ...`,
    );
    return [];
  }

  /** A list of some of the choices, each once. */
  choices<T extends string>(key: string, choices: readonly T[]): T[] {
    const chosen = this.list(key, new RegExp(`^(${choices.join('|')})$`), `some of ${choices.join(', ')}`);
    return choices.filter((choice) => chosen.includes(choice));
  }

  /** @throws ConfigError when any setting was rejected, is unknown or is encrypted. */
  finish(): void {
    const prefix = `${this.config.name}:`;
    for (const full of Object.keys(pulumi.runtime.allConfig()).filter((full) => full.startsWith(prefix))) {
      const key = full.slice(prefix.length);
      if (!this.known.has(key)) {
        this.reject(key, `is not a setting: remove it, or use one of ${[...this.known].sort().join(', ')}`);
      } else if (isConfigSecret(full)) {
        this.reject(key, 'is encrypted, and no setting stays secret in the state: set it again without --secret');
      }
    }
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }
}

function parseList(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}
