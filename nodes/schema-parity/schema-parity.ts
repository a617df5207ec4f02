import type { NodeAPI } from 'node-red';
import { defineStageNode } from '../shared/stage';

export = (RED: NodeAPI): void => {
  defineStageNode(RED, 'paperless-schema-parity', (controller, ticket, options) => controller.schemaParity(ticket, options));
};
