// See typescript_hooks.mjs.
import {register} from 'node:module';

register('./typescript_hooks.mjs', import.meta.url);
