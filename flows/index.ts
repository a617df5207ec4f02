import { operations } from '../src/api';
import { apiTab } from './api';
import { dashboardConfig, dashboardTab } from './dashboard';
import { controllerNode, type FlowNode } from './nodes';
import { syncTab } from './sync';

export type { FlowNode } from './nodes';

/** The flow as it is shipped: its tabs in the editor's order, then what they share. */
export function shippedFlow(): FlowNode[] {
  return [...syncTab(), ...apiTab(operations), ...dashboardTab(), controllerNode(), ...dashboardConfig()];
}
