import type { NodeAPI } from 'node-red';
import { definePaperlessNode } from '../shared/define';
import { inputError } from '../shared/errors';
import { noOptions } from '../shared/options';

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-reconcile',
    options: noOptions,
    input() {
      throw inputError(
        'not-available',
        'Adopting documents that a replica already has is not available in this version.',
        'Documents with identical bytes are adopted by the sync itself; for all others wait for a version that has reconcile.',
      );
    },
  });
};
