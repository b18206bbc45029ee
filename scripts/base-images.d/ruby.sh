# shellcheck shell=bash
# Ruby with Bundler. Sourced, never run.

# What Bundler finds where rubygems.org does not answer, and what these need.
readonly GEMS=(rake ruby-rack ruby-sinatra ruby-webrick puma)

make_ruby() {
  local gems='RUN mkdir /gems' env=
  cp "$RECIPES/debian-gems.rb" "$2/"
  if ! answers https://rubygems.org/specs.4.8.gz; then
    gems="$(run_install ruby "${GEMS[@]}")"$'\nCOPY debian-gems.rb /\nRUN /debian-gems.rb /gems'
    env="ENV BUNDLE_MIRROR__ALL=file:///usr/share/gems"$'\nRUN echo ":sources: [file:///usr/share/gems/]" >/etc/gemrc'
  fi
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image) AS gems
$gems
FROM $(rootfs_image)
$(run_install ruby bundler) && install -d -m 1777 /usr/local/bundle
COPY --from=gems /gems /usr/share/gems
ENV GEM_HOME=/usr/local/bundle BUNDLE_APP_CONFIG=/usr/local/bundle BUNDLE_SILENCE_ROOT_WARNING=1
ENV PATH=/usr/local/bundle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
$env
CMD ["irb"]
DOCKERFILE
}
