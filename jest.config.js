/** Two projects: `unit` needs no server and no network; `integration` reads cfn-outputs/flat-outputs.json and talks to what it names. */
const transform = { '^.+\\.ts$': ['ts-jest', { isolatedModules: true, diagnostics: false }] };

module.exports = {
  projects: [
    { displayName: 'unit', testEnvironment: 'node', transform, testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    { displayName: 'integration', testEnvironment: 'node', transform, testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
  ],
  collectCoverageFrom: ['lib/**/*.ts', 'processor/**/*.ts'],
  coverageThreshold: { global: { lines: 90, branches: 90 } },
};
