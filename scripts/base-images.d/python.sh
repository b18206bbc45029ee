# shellcheck shell=bash
# Python with venv and pip. Sourced, never run.

# What pip finds where no index answers, and what these need. pip and setuptools are wheels in Debian already.
readonly WHEELS=(python3-flask python3-django python3-fastapi python3-uvicorn python3-gunicorn python3-jinja2 python3-requests
  python3-httpx python3-multipart python3-dotenv python3-yaml python3-whitenoise python3-sqlalchemy python3-flask-sqlalchemy
  python3-redis python3-websockets python3-uvloop python3-poetry python3-pdm pipenv python3-hatchling python3-wheel)

# The index pip asks on this machine, when an image can ask it, too.
pip_settings() {
  { pip3 config list 2>/dev/null || true; } | sed -nE "/@/d; s/^global\.(index-url|trusted-host)='?(http[^']*|[^/']*)'?$/\1 = \2/p"
}

pip_index_answers() {
  local index
  index=$(pip_settings | sed -n 's/^index-url = //p')
  answers "${index:-https://pypi.org/simple}/pip/"
}

make_python() {
  local wheels='RUN mkdir /wheels'
  { echo '[global]' && pip_settings; } >"$2/pip.conf"
  cp "$RECIPES/debian-wheels.py" "$2/"
  if ! pip_index_answers; then
    printf '[global]\nno-index = true\nfind-links = /usr/share/python-wheels\n' >"$2/pip.conf"
    wheels="$(run_install python3 "${WHEELS[@]}")"$'\nCOPY debian-wheels.py /\nRUN /debian-wheels.py /wheels'
  fi
  build "$1" "$2" <<DOCKERFILE
FROM $(rootfs_image) AS wheels
$wheels
FROM $(rootfs_image)
$(run_install python3 python3-venv python3-pip) \\
 && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED && ln -s /usr/bin/python3 /usr/local/bin/python
COPY --from=wheels /wheels /usr/share/python-wheels
COPY pip.conf /etc/pip.conf
CMD ["python3"]
DOCKERFILE
}
