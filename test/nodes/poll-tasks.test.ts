import { describeStageNode } from './stage-node';

describeStageNode('poll-tasks', 'pollTasks');
