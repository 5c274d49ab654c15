/**
 * Three projects: `unit` needs no network, `stores` starts its own Valkey and PostgreSQL, `integration` reads
 * cfn-outputs/flat-outputs.json and talks to what it names.
 */
const project = (displayName) => ({
  displayName,
  testEnvironment: 'node',
  testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
  transform: { '^.+\\.ts$': ['ts-jest', { diagnostics: false }], '\\.sql$': '<rootDir>/test/helpers/sql-transform.js' },
});

module.exports = {
  // By default Jest leaves a core unused, of two as well.
  maxWorkers: '100%',
  projects: ['unit', 'stores', 'integration'].map(project),
  collectCoverageFrom: ['lib/**/*.ts', 'processor/**/*.ts', 'producer/**/*.ts'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
};
