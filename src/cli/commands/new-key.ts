import { newSecretKey } from '../../api';
import type { Command } from '../command';
import { EXIT } from '../exit';
import { printJson, wantsJson } from '../output';

export const newKey: Command = {
  name: 'new-key',
  summary: 'Make a key for SECRET_KEY.',
  details: 'A Fernet key: 32 random bytes in URL-safe base64. Tokens are stored encrypted with it; without it they have to be entered again.',
  options: {},
  run(io, values) {
    const key = newSecretKey();
    if (wantsJson(values)) printJson(io, { key });
    else io.out(`${key}\n`);
    return Promise.resolve(EXIT.ok);
  },
};
