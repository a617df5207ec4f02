import type { NodeAPI } from 'node-red';
import { defineStageNode } from '../shared/stage';

export = (RED: NodeAPI): void => {
  defineStageNode(RED, 'paperless-verify', (controller, ticket, options) => controller.verify(ticket, options));
};
