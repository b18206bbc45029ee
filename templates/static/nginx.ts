import { AppError } from '../../server/errors.ts'
import { cacheRules } from './cache-rules.ts'
import { assetExtensions, compressedTypes, typesBlock } from './mime.ts'

/** How nginx serves a folder of files; docs/decisions/static-sites.md says why so. */
export type StaticServing = {
  /** Below the app's; '' for the app's own. It lies at `/srv` in the image, or below it where `base` says. */
  folder: string
  /** What an address without a file answers: the page of a single-page app, 404.html if there is one, or plain 404. */
  fallback: 'spa' | '404' | 'none'
  /** The page of a single-page app where it is neither index.html nor one of the usual: `app.html`. */
  page?: string
  /** The site was built to lie there, `/repo` say, without a slash at its end; the top leads to it. '' or none: at the top. */
  base?: string
  /** Folders of the site in which every name has a hash of the content, such as `_astro`: kept for a year by browsers. */
  immutable?: readonly string[]
}

const PATH = /^\.?[A-Za-z0-9_@~+-][A-Za-z0-9._@~+-]*(\/\.?[A-Za-z0-9_@~+-][A-Za-z0-9._@~+-]*)*$/

/** Pages that generators write for addresses they know nothing of, before the front page: SvelteKit and Nuxt, React Router, TanStack. */
const SPA_PAGES = ['200.html', '__spa-fallback.html', '_shell.html', 'index.html']

/** @throws build_failed for a name that could be more than a path, in nginx' language or another. */
export function checkPath(path: string): string {
  if (PATH.test(path)) return path
  throw new AppError(
    'build_failed',
    `The folder ${JSON.stringify(path)} has a name that Slipway does not serve. Use letters, digits, dots, hyphens and underscores.`,
    { field: 'overrides.outputDir' },
  )
}

/**
 * A whole nginx.conf that serves `/srv` as a user without rights, on the port that /tmp/listen.conf names, which
 * serve.njk writes. For nginx 1.22 and later.
 * @throws build_failed when a name does not fit the allow-list
 */
export function nginxConf({ fallback, page, base: wanted = '', immutable = [] }: StaticServing): string {
  const base = wanted === '' ? '' : `/${checkPath(wanted.replace(/^\/+|\/+$/g, ''))}`
  const pages = page === undefined ? SPA_PAGES : [checkPath(page)]
  const missing = fallback === 'spa' ? pages.map((it) => `${base}/${it}`).join(' ') : '=404'
  return `worker_processes 1;
pid /tmp/nginx.pid;
error_log /dev/stderr warn;

events {
  worker_connections 1024;
}

http {
  ${typesBlock}
  default_type application/octet-stream;
  charset utf-8;
  charset_types text/css text/javascript text/plain text/markdown text/csv text/calendar text/vtt text/xml application/atom+xml application/rss+xml application/xhtml+xml;

  client_body_temp_path /tmp/client_body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;

  access_log off;
  log_not_found off;
  server_tokens off;
  absolute_redirect off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65;

  gzip on;
  gzip_static on;
  gzip_vary on;
  gzip_proxied any;
  gzip_comp_level 5;
  gzip_min_length 860;
  gzip_types ${compressedTypes.join(' ')};

  # Matched against the status and the path: an error is never kept.
  map "$status $uri" $cache_control {
    default no-cache;
${cacheRules(base, immutable.map(checkPath))
  .map((rule) => `    "~${rule}" "public, max-age=31536000, immutable";`)
  .join('\n')}
  }

  server {
    include /tmp/listen.conf;
    root /srv;
    add_header Cache-Control $cache_control always;
    add_header X-Content-Type-Options nosniff always;
${fallback === '404' ? `    error_page 404 ${base}/404.html;\n` : ''}${base === '' ? '' : atBase(base)}
    location ~ /\\.(?!well-known(/|$)) {
      return 404;
    }
    location = /slipway.json {
      return 404;
    }
    location = /.well-known/apple-app-site-association {
      default_type application/json;
    }
${fallback === 'spa' ? ASSETS : ''}
    # A page at the end of a folder's name is shown below the folder, so that its links lead on from there.
    location ~ [^/]$ {
      if (-f $request_filename/index.html) {
        rewrite ^(.*)$ $1/ permanent;
      }
      try_files $uri $uri.html ${missing};
    }
    location / {
      try_files \${uri}index.html ${missing};
    }
  }
}
`
}

/** A part of a page that is gone, such as a script of the release before, must not be answered with the page itself. */
const ASSETS = `    location ~* \\.(${assetExtensions.join('|')})$ {
      try_files $uri =404;
    }
`

const atBase = (base: string) => `    location = / {
      return 302 ${base}/;
    }
`
