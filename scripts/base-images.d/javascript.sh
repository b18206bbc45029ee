# shellcheck shell=bash
# Deno and Bun from npm, laid out like the official images. Sourced, never run.

# fetch_binary PACKAGE FOLDER BINARY: the program that npm's package brings for this kind of machine.
fetch_binary() {
  local found
  ensure_npm
  npm install --prefix "$WORK/${1%@*}" --silent --no-save --ignore-scripts "$1" >/dev/null 2>&1 ||
    fail "$E_NETWORK" "npm could not fetch $1: check the network and npm's configuration, then run it again"
  found=$(find "$WORK/${1%@*}/node_modules"/@*/ -name "$3" -type f -perm -u+x | head -n 1)
  cp "$found" "$2/$3"
}

make_deno() {
  local major
  major=$(major_of "$1")
  fetch_binary "deno@${major:-2}" "$2" deno
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image)
RUN useradd --uid 1993 --user-group deno && install -d -o deno -g deno /deno-dir
COPY deno /usr/bin/
ENV DENO_DIR=/deno-dir/ DENO_TLS_CA_STORE=system DENO_INSTALL_ROOT=/usr/local$(registry_variable NPM_CONFIG_REGISTRY)
ENTRYPOINT ["deno"]
CMD ["eval", "console.log('Welcome to Deno!')"]
DOCKERFILE
}

make_bun() {
  local major
  major=$(major_of "$1")
  fetch_binary "bun@${major:-1}" "$2" bun
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image)
RUN useradd --uid 1000 --user-group --create-home --shell /bin/bash bun
COPY bun /usr/local/bin/
RUN cd /usr/local/bin && ln -s bun bunx && ln -s bun node
ENV BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 BUN_INSTALL_BIN=/usr/local/bin$(registry_variable BUN_CONFIG_REGISTRY)
WORKDIR /home/bun/app
CMD ["bun"]
DOCKERFILE
}
