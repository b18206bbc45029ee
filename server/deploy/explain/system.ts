import type { Rule } from './rule.ts'

/** Memory, disk, ports and rights: what the machine refuses. */
export const system: Rule[] = [
  {
    name: 'node-heap',
    stage: 'build',
    weight: 'cause',
    pattern: /JavaScript heap out of memory/,
    code: 'build_out_of_memory',
    message: 'Node ran out of memory during the build.',
    hint: 'Let it use more: add the variable NODE_OPTIONS=--max-old-space-size=4096 and mark it for the build. If the build is killed then, raise SLIPWAY_BUILD_MEMORY_MB.',
  },
  {
    name: 'build-killed',
    stage: 'build',
    weight: 'cause',
    pattern:
      /signal: (?:9, )?(?:SIGKILL: )?kill(?:ed)?\b|Killed signal terminated program|\bSIGKILL\b|(?:exit code|exited with|exit status):? 137\b|^Killed$/m,
    code: 'build_out_of_memory',
    message: 'A program of the build was killed, most likely because the memory was used up.',
    hint: 'Raise SLIPWAY_BUILD_MEMORY_MB, or let the build do fewer things at a time.',
  },
  {
    name: 'build-memory',
    stage: 'build',
    weight: 'cause',
    pattern: /\bENOMEM\b|Cannot allocate memory|java\.lang\.OutOfMemoryError|std::bad_alloc|^MemoryError/m,
    code: 'build_out_of_memory',
    message: 'The build used up its memory.',
    hint: 'Raise SLIPWAY_BUILD_MEMORY_MB, or make the build need less.',
  },
  {
    name: 'app-memory',
    stage: 'start',
    weight: 'cause',
    pattern:
      /JavaScript heap out of memory|java\.lang\.OutOfMemoryError|\bENOMEM\b|Cannot allocate memory|std::bad_alloc|^MemoryError|was sent SIGKILL! Perhaps out of memory/m,
    code: 'app_out_of_memory',
    message: 'The app ran out of memory while it started.',
    hint: 'Raise its memory limit in the settings, or make it need less (fewer workers, a smaller cache).',
  },
  {
    name: 'disk-full',
    weight: 'cause',
    pattern: /ENOSPC: no space left|no space left on device|disk quota exceeded/i,
    code: 'disk_full',
    message: 'The disk is full.',
    hint: 'Free some space (the doctor says what takes it; docker builder prune helps most), then deploy again.',
  },
  {
    name: 'file-watchers',
    weight: 'cause',
    pattern:
      /System limit for number of file watchers reached|inotify (?:instance|watch)[^\n]{0,60}(?:limit|ENOSPC)|EMFILE: too many open files, watch/,
    message: 'It watches its files, as one does while developing, and the machine allows no more watchers.',
    hint: 'Start it for production: without nodemon, --watch, --reload or a dev server.',
  },
  {
    name: 'port-below-1024',
    stage: 'start',
    pattern:
      /listen EACCES: permission denied [^\s]{0,60}:(?<port>\d{1,5})\b|listen tcp [^\s]{0,60}:(?<port>\d{1,5}): bind: permission denied|bind\(\) to [^\s]{0,60}:(?<port>\d{1,5}) failed \(13: Permission denied\)/,
    message: 'The app may not listen on port {port}: below 1024 only root may, and it runs as an ordinary user.',
    hint: 'Let it listen on $PORT.',
  },
  {
    name: 'port-in-use',
    stage: 'start',
    pattern:
      /EADDRINUSE: address already in use [^\s]{0,60}?:(?<port>\d{1,5})\b|listen tcp [^\s]{0,60}:(?<port>\d{1,5}): bind: address already in use|bind on address \('[^'\n]{0,60}', (?<port>\d{1,5})\): address already in use|Address already in use[^\n]{0,60}port (?<port>\d{1,5})|Port (?<port>\d{1,5}) (?:is|was) already in use/i,
    message: 'The app opens port {port} twice.',
    hint: 'In its container nobody else is there: it starts two servers, or one twice. Look at the start command, and listen once.',
  },
  {
    name: 'address-in-use',
    stage: 'start',
    weight: 'vague',
    pattern: /address already in use/i,
    message: 'The app opens one port twice.',
    hint: 'In its container nobody else is there: it starts two servers, or one twice. Look at the start command, and listen once.',
  },
  {
    name: 'app-may-not-write',
    stage: 'start',
    pattern:
      /EACCES: permission denied, \w{1,20} '(?<path>[^'\n]{1,200})'|PermissionError: \[Errno 13\] Permission denied: '(?<path>[^'\n]{1,200})'|mkdir: cannot create directory ['‘](?<path>[^'’\n]{1,200})['’]: Permission denied|EROFS: read-only file system, \w{1,20} '(?<path>[^'\n]{1,200})'|open (?<path>\/[^\s:]{1,200}): permission denied/,
    message: 'The app may not use {path}: it runs as an ordinary user, not as root.',
    hint: 'Let it write below /tmp, or put a volume at a folder of its own (settings, volumes). In a Dockerfile of yours, give it the folder with chown.',
  },
  {
    name: 'build-may-not-write',
    stage: 'build',
    pattern:
      /EACCES: permission denied, \w{1,20} '(?<path>[^'\n]{1,200})'|PermissionError: \[Errno 13\] Permission denied: '(?<path>[^'\n]{1,200})'|mkdir: cannot create directory ['‘](?<path>[^'’\n]{1,200})['’]: Permission denied/,
    message: 'A step of the build may not use {path}.',
    hint: 'In the Dockerfile, do that before USER, or give the folder to that user with chown.',
  },
]
