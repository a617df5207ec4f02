import { operations } from '../src/api';
import { apiTab } from './api';
import { dashboardConfig, dashboardTab } from './dashboard';
import { examples, type Example } from './examples';
import { controllerNode, type FlowNode } from './nodes';
import { syncTab } from './sync';

export { examples as shortExamples, type Example } from './examples';
export type { FlowNode } from './nodes';

/** The flow as it is shipped: its tabs in the editor's order, then what they share. */
export function shippedFlow(): FlowNode[] {
  return [...syncTab(), ...apiTab(operations), ...dashboardTab(), controllerNode(), ...dashboardConfig()];
}

/** What stands in examples/, by path: short ones, and the whole app for those who run Node-RED themselves. */
export function allExamples(): Example[] {
  return [...examples, ['app/complete-controller.json', shippedFlow()]];
}
