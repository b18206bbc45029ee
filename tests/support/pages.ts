/** Every page of the UI by its address; `:id` stands for an app that is deployed, `:gone` for one that was deleted. */
export const pages = {
  apps: '/',
  'new-deployment': '/new',
  app: '/apps/:id',
  'app-logs': '/apps/:id/logs',
  'app-releases': '/apps/:id/releases',
  'app-previews': '/apps/:id/previews',
  'app-jobs': '/apps/:id/jobs',
  'app-environment': '/apps/:id/environment',
  'app-settings': '/apps/:id/settings',
  'app-machine': '/apps/:id/machine',
  receipt: '/receipts/:gone',
  machine: '/machine',
  'machine-disk': '/machine/disk',
  'machine-ports': '/machine/ports',
  'machine-domains': '/machine/domains',
  'machine-receipts': '/machine/receipts',
  'machine-audit': '/machine/audit',
  settings: '/settings',
  'settings-sessions': '/settings/sessions',
  'settings-tokens': '/settings/tokens',
  'settings-connections': '/settings/connections',
  'settings-notifications': '/settings/notifications',
  'settings-backups': '/settings/backups',
  'not-found': '/no-such-page',
} as const

export type PageName = keyof typeof pages
export const pageNames = Object.keys(pages) as PageName[]

export const addressOf = (name: PageName, ids: { id: string; gone: string }) =>
  pages[name].replace(':id', ids.id).replace(':gone', ids.gone)
