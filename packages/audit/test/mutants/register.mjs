import {register} from 'node:module';

register('./hooks.mjs', import.meta.url, {data: {edits: JSON.parse(process.env.DP_MUTANT_EDITS ?? '[]')}});
