// One jest project a package, so that `npx nx test accountant` runs one and `npm test` runs all.
const packages = ['random', 'accountant', 'kernels', 'optimizers', 'keras', 'tutorials', 'audit'];

const setup = new URL('tools/jest.setup.js', import.meta.url).pathname;

const project = (name, rootDir) => ({
  displayName: name,
  rootDir,
  testEnvironment: 'node',
  // '@dp/source' lets tests read the packages' TypeScript without a build.
  testEnvironmentOptions: {customExportConditions: ['@dp/source', 'node', 'node-addons']},
  setupFiles: [setup],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {'^(\\.{1,2}/.*)\\.js$': '$1'},
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {jsc: {parser: {syntax: 'typescript'}, target: 'es2022'}, module: {type: 'es6'}},
    ],
  },
});

export default {
  // No test is about time: this ends only what hangs, also on a machine that is busy with other work.
  testTimeout: 120_000,
  // Jest leaves one core free, which on two cores is half of them.
  maxWorkers: '100%',
  projects: [
    ...packages.map((name) => project(name, `<rootDir>/packages/${name}`)),
    project('examples', '<rootDir>/examples'),
    project('docs', '<rootDir>/docs'),
  ],
};
