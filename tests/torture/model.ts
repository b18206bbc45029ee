/** What a release of an app answers: its commit's number and the variable it runs with. */
export type Version = { commit: number; mood: string }

/** What a repository has at the end of its branch. */
export type Head = { commit: number; builds: boolean }

/** An app that should be there, and what it should answer. */
export type AppModel = {
  id: string
  mood: string
  /** Undefined while no release went live. */
  live: { release: number; version: Version } | undefined
  stopped: boolean
  /** What each release answers, also those that never went live. */
  versions: Map<number, Version>
}

export type Model = {
  apps: Map<string, AppModel>
  heads: Map<string, Head>
  commits: number
  moods: number
}

export const emptyModel = (): Model => ({ apps: new Map(), heads: new Map(), commits: 0, moods: 0 })

export const textOf = ({ commit, mood }: Version) => `commit ${commit}, mood ${mood}`

/** It answers `commit N, mood M`, and is there in no time. */
export function filesOf({ commit, builds }: Head): Record<string, string> {
  const program = `use IO::Socket::INET;
$SIG{PIPE} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalPort => 8000, Listen => 64, ReuseAddr => 1) or die $!;
my $text = "commit ${commit}, mood " . ($ENV{MOOD} || 'none');
while (1) {
  my $visitor = $server->accept or next;
  while (my $line = <$visitor>) { last if $line =~ /^\\r?\\n$/ }
  print $visitor "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($text) . "\\r\\nConnection: close\\r\\n\\r\\n$text";
  close $visitor;
}
`
  const broken = builds ? '' : 'COPY what-is-not-there /\n'
  return {
    'server.pl': program,
    Dockerfile: `FROM debian:bookworm-slim\n${broken}COPY server.pl /\nEXPOSE 8000\nCMD ["perl", "/server.pl"]\n`,
  }
}
