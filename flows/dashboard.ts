import { Tab, type FlowNode } from './nodes';

const base = 'pngx-ui';
const theme = 'pngx-ui-theme';

/** Configuration of the dashboard: shared by all its tabs, so outside of them. */
export function dashboardConfig(): FlowNode[] {
  return [
    {
      id: base,
      type: 'ui-base',
      name: 'pngx-controller',
      path: '/dashboard',
      appIcon: '',
      includeClientData: true,
      acceptsClientConfig: ['ui-notification', 'ui-control'],
      showPathInSidebar: false,
      headerContent: 'page',
      navigationStyle: 'default',
      titleBarStyle: 'default',
      showReconnectNotification: true,
      notificationDisplayTime: 1,
      showDisconnectNotification: true,
      allowInstall: false,
    },
    {
      id: theme,
      type: 'ui-theme',
      name: 'pngx',
      colors: { surface: '#17541f', primary: '#17541f', bgPage: '#f4f6f4', groupBg: '#ffffff', groupOutline: '#d5dcd6' },
      sizes: { density: 'default', pagePadding: '12px', groupGap: '12px', groupBorderRadius: '6px', widgetGap: '12px' },
    },
    {
      id: 'pngx-page-overview',
      type: 'ui-page',
      name: 'Overview',
      ui: base,
      path: '/overview',
      icon: 'view-dashboard-outline',
      layout: 'grid',
      theme,
      breakpoints: [
        { name: 'Default', px: '0', cols: '3' },
        { name: 'Tablet', px: '576', cols: '6' },
        { name: 'Small Desktop', px: '768', cols: '9' },
        { name: 'Desktop', px: '1024', cols: '12' },
      ],
      order: 1,
      className: '',
      visible: 'true',
      disabled: 'false',
    },
    {
      id: 'pngx-group-overview',
      type: 'ui-group',
      name: 'Overview',
      page: 'pngx-page-overview',
      width: '12',
      height: '1',
      order: 1,
      showTitle: false,
      className: '',
      visible: true,
      disabled: false,
      groupType: 'default',
    },
  ];
}

/** Over the theme's own variables, by a selector that is one step more specific than Vuetify's. */
const darkStyle = `@media (prefers-color-scheme: dark) {
  html .v-theme--nrdb {
    color-scheme: dark;
    --v-theme-background: 18, 22, 19;
    --v-theme-on-background: 230, 236, 231;
    --v-theme-surface: 30, 36, 32;
    --v-theme-on-surface: 230, 236, 231;
    --v-theme-group-background: 30, 36, 32;
    --v-theme-on-group-background: 230, 236, 231;
    --v-theme-group-outline: 58, 68, 61;
    --v-theme-navigation-background: 16, 48, 22;
    --v-theme-on-navigation-background: 230, 236, 231;
    --v-theme-primary: 127, 217, 146;
    --v-theme-on-primary: 12, 30, 16;
  }
}
`;

/** Pages hold one element each; its code, styles and data come from the controller, nothing travels in messages. */
export function dashboardTab(): FlowNode[] {
  const tab = new Tab(
    'pngx-dashboard',
    'Dashboard',
    'The pages under /dashboard. Each is one element, such as <pngx-overview>, that asks the API for what it shows; you may move it to any page and put widgets of your own beside it.',
  );
  const template = { storeOutMessages: false, passthru: false, resendOnRefresh: false, head: '', className: '' };
  tab.comment(
    'about-code',
    { column: 0, row: 1 },
    'Code of all elements',
    'One script for all pages, served by the controller itself. Without it the elements stay empty.',
  );
  tab.node(
    'code',
    'ui-template',
    { column: 0, row: 2 },
    {
      group: '',
      page: '',
      ui: base,
      name: 'load elements',
      order: 0,
      width: 0,
      height: 0,
      ...template,
      format: '<template><span hidden></span></template>\n<script src="/pngx/ui.js"></script>\n',
      templateScope: 'widget:ui',
    },
    [[]],
  );
  tab.comment(
    'about-dark',
    { column: 2, row: 1 },
    'Dark where the system is',
    'The theme (in the configuration nodes) is the light one. This style takes its place on systems that are set to dark; delete it to have the theme always.',
  );
  tab.node(
    'dark',
    'ui-template',
    { column: 2, row: 2 },
    { group: '', page: '', ui: base, name: 'dark mode', order: 0, width: 0, height: 0, ...template, format: darkStyle, templateScope: 'site:style' },
    [[]],
  );
  tab.comment(
    'about-overview',
    { column: 0, row: 4 },
    'Overview',
    'The master, each replica with its counts, lag and last cycles, and a button that starts a cycle.',
  );
  tab.node(
    'overview',
    'ui-template',
    { column: 0, row: 5 },
    {
      group: 'pngx-group-overview',
      page: '',
      ui: '',
      name: 'overview',
      order: 1,
      width: 0,
      height: 0,
      ...template,
      format: '<template><pngx-overview></pngx-overview></template>\n',
      templateScope: 'local',
    },
    [[]],
  );
  return tab.nodes;
}
