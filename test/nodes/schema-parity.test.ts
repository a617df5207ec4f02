import { describeStageNode } from './stage-node';

describeStageNode('schema-parity', 'schemaParity');
