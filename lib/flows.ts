export const PORTS = { redis: 6379, postgresql: 5432, https: 443 } as const;

export const FUNCTIONS = ['processor', 'operations', 'publisher', 'archiver'] as const;

export type FunctionMember = (typeof FUNCTIONS)[number];

/** What has a security group of its own. */
export const MEMBERS = [...FUNCTIONS, 'cache', 'database', 'endpoints'] as const;

export type Member = (typeof MEMBERS)[number];

interface Flow {
  from: Member;
  to: Member;
  port: keyof typeof PORTS;
}

/** All that may talk to each other; nothing else can. */
export const FLOWS: readonly Flow[] = [
  { from: 'processor', to: 'cache', port: 'redis' },
  { from: 'processor', to: 'database', port: 'postgresql' },
  { from: 'operations', to: 'cache', port: 'redis' },
  { from: 'operations', to: 'database', port: 'postgresql' },
  { from: 'operations', to: 'endpoints', port: 'https' },
  { from: 'publisher', to: 'database', port: 'postgresql' },
  { from: 'publisher', to: 'endpoints', port: 'https' },
  { from: 'archiver', to: 'database', port: 'postgresql' },
];
