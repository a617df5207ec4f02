/** The permissions that a superuser holds: four actions on every model of the server, app by app. */
const actions = ['view', 'add', 'change', 'delete'];

const apps: Record<string, string> = {
  account: 'emailaddress emailconfirmation',
  admin: 'logentry',
  auditlog: 'logentry',
  auth: 'group permission user',
  authtoken: 'token tokenproxy',
  contenttypes: 'contenttype',
  documents:
    'correspondent customfield customfieldinstance document documenttype note paperlesstask savedview savedviewfilterrule sharelink storagepath tag uisettings workflow workflowaction workflowactionemail workflowactionwebhook workflowrun workflowtrigger',
  guardian: 'groupobjectpermission userobjectpermission',
  mfa: 'authenticator',
  paperless: 'applicationconfiguration',
  paperless_mail: 'mailaccount mailrule processedmail',
  sessions: 'session',
  socialaccount: 'socialaccount socialapp socialtoken',
};

const beyond: Record<2 | 3, Record<string, string>> = {
  2: { documents: 'log', django_celery_results: 'chordcounter groupresult taskresult' },
  3: { documents: 'sharelinkbundle' },
};

function of(names: Record<string, string>): string[] {
  return Object.entries(names).flatMap(([app, models]) => models.split(' ').flatMap((model) => actions.map((action) => `${app}.${action}_${model}`)));
}

/** With their apps: `documents.view_document`. */
export function everyPermission(major: 2 | 3): string[] {
  return [...of(apps), ...of(beyond[major]), ...(major === 3 ? ['paperless.view_global_statistics', 'paperless.view_system_monitoring'] : [])];
}
