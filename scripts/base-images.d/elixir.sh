# shellcheck shell=bash
# Elixir with what of Erlang a release needs. Sourced, never run.

make_elixir() {
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image)
$(run_install elixir erlang-dev erlang-parsetools erlang-inets erlang-ssl erlang-xmerl)
ENV LANG=C.UTF-8
CMD ["iex"]
DOCKERFILE
}
