import type { NodeAPI } from 'node-red';
import { defineStageNode } from '../shared/stage';

export = (RED: NodeAPI): void => {
  defineStageNode(RED, 'paperless-poll-tasks', (controller, ticket, options) => controller.pollTasks(ticket, options));
};
