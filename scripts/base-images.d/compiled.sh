# shellcheck shell=bash
# Go and Rust, laid out like the official images. Sourced, never run.

make_golang() {
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image)
$(run_install golang-go gcc libc6-dev git) \\
 && ln -s "\$(go env GOROOT)" /usr/local/go && install -d -m 1777 /go /go/src /go/bin
ENV GOPATH=/go GOTOOLCHAIN=local
ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
CMD ["bash"]
DOCKERFILE
}

# Debian keeps a newer compiler beside its own, for browsers.
make_rust() {
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image)
$(run_install "$(first_available rustc-web rustc)" "$(first_available cargo-web cargo)" gcc libc6-dev) \\
 && install -d -m 1777 /usr/local/cargo
ENV CARGO_HOME=/usr/local/cargo
ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["bash"]
DOCKERFILE
}
