FROM python:3.13-slim AS dependencies
ENV PIP_CACHE_DIR=/cache/slipway-aac23a0f5f30/python/pip PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
RUN python -m venv --without-pip /opt/venv
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python
WORKDIR /app
COPY slipway-requirements.txt ./
RUN --mount=type=cache,id=slipway-aac23a0f5f30-python,target=/cache/slipway-aac23a0f5f30/python ["/bin/sh", "-c", "pip install -r slipway-requirements.txt"]

FROM python:3.13-slim
RUN useradd --uid 1000 --create-home app && install -d -o app -g app /app
ENV VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FORWARDED_ALLOW_IPS=* PORT=8000
ENV FLASK_RUN_HOST=0.0.0.0
ENV FLASK_RUN_PORT=$PORT
WORKDIR /app
COPY --from=dependencies /opt/venv /opt/venv
COPY --chown=app:app src/ .
USER app
EXPOSE 8000
CMD ["/bin/sh", "-c", "exec gunicorn --bind 0.0.0.0:$PORT --workers ${WEB_CONCURRENCY:-1} --threads 8 --worker-tmp-dir /dev/shm app:app"]
