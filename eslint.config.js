import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

// What each package may import, of ours and of tf.js: the table of ARCHITECTURE.md, enforced.
// npm hoists every package to one folder, so without this rule an undeclared import would just work.
const CORE = '@tensorflow/tfjs-core';
const LAYERS = '@tensorflow/tfjs-layers';
const WASM = '@tensorflow/tfjs-backend-wasm';
const ALLOWED = {
  random: [],
  accountant: [],
  kernels: [CORE, WASM],
  optimizers: ['@dp/random', '@dp/accountant', '@dp/kernels', CORE],
  keras: ['@dp/random', '@dp/accountant', '@dp/kernels', '@dp/optimizers', CORE, LAYERS],
  audit: ['@dp/random', '@dp/accountant', '@dp/kernels', '@dp/optimizers', '@dp/keras', CORE, LAYERS],
};

const importTable = Object.entries(ALLOWED).map(([name, allowed]) => ({
  files: [`packages/${name}/src/**/*.ts`],
  ignores: ['**/*.test.ts', '**/testing/**'],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(@dp/|@tensorflow/)(?!(${allowed.map((a) => a.split('/')[1]).join('|') || '-'})(/|$))`,
            message: `@dp/${name} may import only ${allowed.join(', ') || 'no other package of ours and no tf.js'}.`,
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      'coverage/',
      'docs/api/',
      '.nx/',
      'packages/kernels/assembly/',
      'packages/kernels/src/generated/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {project: './tsconfig.json', tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      '@typescript-eslint/no-unnecessary-condition': ['error', {allowConstantLoopConditions: true}],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-properties': [
        'error',
        {object: 'Math', property: 'random', message: 'Use a RandomSource of @dp/random.'},
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        WebAssembly: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  ...importTable,
  prettier,
);
