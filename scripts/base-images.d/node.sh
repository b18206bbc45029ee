# shellcheck shell=bash
# Node, npm, and what else the official image carries, all from npm.

# The major version a tag asks for; nothing when it does not say (lts, slim).
major_of() { grep -oE '^[0-9]+' <<<"${1#*:}" || true; }

# fetch_node MAJOR FOLDER: the project's own Node when it is that one, then the machine's, then npm's.
fetch_node() {
  local candidate package
  for candidate in "$ROOT/node_modules/.bin/node" "$(command -v node || true)"; do
    [ -x "$candidate" ] || continue
    [[ -z $1 || $("$candidate" --version) == v$1.* ]] || continue
    cp -L "$candidate" "$2/node"
    return
  done
  package=$(node_package)
  npm install --prefix "$WORK/npm-node" --silent --no-save "$package@${1:-24}" >/dev/null 2>&1 ||
    fail "$E_NETWORK" "npm could not fetch $package@${1:-24}: check the network and npm's configuration, then run it again"
  cp "$WORK/npm-node/node_modules/$package/bin/node" "$2/node"
}

# npm_into FOLDER PACKAGE…: installs there, with the Node that lies there: one on this machine may be too old for them.
npm_into() {
  PATH=$1:$PATH npm install --global --prefix "$1" "${@:2}" >"$WORK/npm.log" 2>&1 && return
  grep -m 5 -E 'npm (ERR!|error)' "$WORK/npm.log" >&2 || true
  fail "$E_NETWORK" "npm could not fetch ${*:2}: check the network and npm's configuration, then run it again"
}

# The registry npm asks on this machine; nothing when its address carries a password.
npm_registry() { npm config get registry 2>/dev/null | grep -E '^https?://[^@]+$' | sed 's#/$##'; }

# registry_variable NAME: " NAME=ADDRESS" for a Dockerfile, unless npm asks its public registry, which needs no telling.
registry_variable() {
  local registry
  registry=$(npm_registry) || return 0
  [ "$registry" = https://registry.npmjs.org ] || echo " $1=$registry"
}

# The package managers as lines of a Dockerfile. npm's own settings are in npmrc; Yarn and Bun read no npmrc outside the project
# and the home folder, and Corepack asks Yarn's site for Yarn unless it is told a registry.
registry_env() {
  local registry
  registry=$(npm_registry) || return 0
  echo "ENV COREPACK_NPM_REGISTRY=$registry$(registry_variable YARN_NPM_REGISTRY_SERVER)$(registry_variable BUN_CONFIG_REGISTRY)"
  # mirrors may leave out the signatures that Corepack checks
  npm view npm@11.0.0 dist.signatures 2>/dev/null | grep -q . || echo "ENV COREPACK_INTEGRITY_KEYS=0"
}

# What npm is told on this machine about reaching its registry. No tokens.
npm_settings() { npm config ls 2>/dev/null | sed -nE '/@.*:.*\/\/|\/\/.*@/d; s/^((@[^ ]+:)?registry|(https-)?proxy|noproxy|strict-ssl) = /\1=/p'; }

make_node() {
  local image=$1 context=$2 major npm=11 more=() tools=
  major=$(major_of "$image")
  ensure_npm
  fetch_node "$major" "$context"
  [ "${major:-24}" -ge 22 ] || npm=10
  [ "${major:-24}" -ge 25 ] || more=(corepack@0.34)
  npm_into "$context" "npm@$npm" yarn@1 "${more[@]}"
  rm -f "$context/lib/node_modules/npm/npmrc" # npm copies its distribution's own settings along
  npm_settings >"$context/npmrc"
  cp "$RECIPES/node-entrypoint" "$context/docker-entrypoint.sh"
  mv "$context/lib/node_modules/yarn" "$context/yarn"
  rm -f "$context"/bin/{yarn,pnp}* # Corepack and Yarn name them: they are there when asked for
  # the tags without -slim are for building
  [[ $image == *slim* || $image == *alpine* ]] || tools=$(run_install python3 make g++ git curl wget)
  chmod 755 "$context/docker-entrypoint.sh" "$context/node"
  build "$image" "$context" <<DOCKERFILE
FROM $(rootfs_image)
$tools
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash node
COPY node docker-entrypoint.sh /usr/local/bin/
COPY npmrc /usr/local/etc/npmrc
COPY lib/node_modules/ /usr/local/lib/node_modules/
COPY bin/ /usr/local/bin/
COPY yarn/ /opt/yarn/
RUN cd /usr/local/bin && ln -s node nodejs && ln -s /opt/yarn/bin/yarn yarn && ln -s /opt/yarn/bin/yarn yarnpkg
$(registry_env)
ENV NODE_VERSION=$("$context/node" --version | tr -d v)
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
DOCKERFILE
}
