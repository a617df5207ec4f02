/** The permissions that a superuser holds, as `ui_settings` lists them: four actions on every model of the server. */
const actions = ['view', 'add', 'change', 'delete'];

const shared =
  'authenticator applicationconfiguration contenttype correspondent customfield customfieldinstance document documenttype emailaddress emailconfirmation group groupobjectpermission logentry logentry mailaccount mailrule note paperlesstask permission processedmail savedview savedviewfilterrule session sharelink socialaccount socialapp socialtoken storagepath tag token tokenproxy uisettings user userobjectpermission workflow workflowaction workflowactionemail workflowactionwebhook workflowrun workflowtrigger'.split(
    ' ',
  );

const only: Record<2 | 3, string[]> = { 2: ['chordcounter', 'groupresult', 'log', 'taskresult'], 3: ['sharelinkbundle'] };

export function everyPermission(major: 2 | 3): string[] {
  const models = [...shared, ...only[major]];
  return [
    ...models.flatMap((model) => actions.map((action) => `${action}_${model}`)),
    ...(major === 3 ? ['view_global_statistics', 'view_system_monitoring'] : []),
  ];
}
